import { useSyncExternalStore } from "react";
import { formatFull, formatRelative } from "./time.ts";

interface RelativeTimeProps {
  readonly at: string;
  /** Says the time as it is seen from now. */
  readonly format?: (at: string, nowMs: number) => string;
}

/** Renders again only when its text changes, however many of them are on the page. */
export function RelativeTime({ at, format = formatRelative }: RelativeTimeProps) {
  const text = useSyncExternalStore(onEverySecond, () => format(at, Date.now()));
  return (
    <time dateTime={at} title={formatFull(at)} className="whitespace-nowrap tabular-nums">
      {text}
    </time>
  );
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One timer for all of them. */
function onEverySecond(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => listeners.forEach((notify) => notify()), 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
