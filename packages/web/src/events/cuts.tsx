import type { Cut } from "@mesher/protocol";
import { cutsAt, cutText } from "./cut-text.ts";

/** Says right where it was done that something is shortened or changed. */
export function CutMark({ cuts, path, exact = false }: { cuts: readonly Cut[]; path: string; exact?: boolean }) {
  const here = exact ? cuts.filter((cut) => cut.path === path) : cutsAt(cuts, path);
  const [first] = here;
  if (first === undefined) return null;
  return (
    <p className="mt-1 text-xs text-amber">
      {cutText(first)}
      {here.length > 1 && ` (and ${here.length - 1} more)`}
    </p>
  );
}

export function CutList({ cuts }: { cuts: readonly Cut[] }) {
  return (
    <ul className="max-h-60 space-y-1.5 overflow-y-auto">
      {cuts.map((cut) => (
        <li key={`${cut.path} ${cut.reason}`}>
          <code className="break-all">{cut.path}</code>
          <span className="block text-xs text-amber">{cutText(cut)}</span>
        </li>
      ))}
    </ul>
  );
}
