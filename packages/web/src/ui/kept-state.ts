import { useRouter } from "@tanstack/react-router";
import { type Dispatch, type SetStateAction, useEffect, useState } from "react";

/** States that are kept; of more the oldest are forgotten. */
const KEPT_MAX = 200;

const kept = new Map<string, unknown>();

/** As `useState`, but whoever goes elsewhere and back finds what was: it belongs to the entry of the history. */
export function useKeptState<State>(name: string, initial: State): [State, Dispatch<SetStateAction<State>>] {
  const { history } = useRouter();
  const [key] = useState(() => `${history.location.state.key ?? history.location.href} ${name}`);
  const [state, setState] = useState<State>(() => (kept.has(key) ? (kept.get(key) as State) : initial));
  useEffect(() => {
    kept.delete(key);
    kept.set(key, state);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  }, [key, state]);
  return [state, setState];
}
