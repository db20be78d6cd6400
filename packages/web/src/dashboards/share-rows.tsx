import type { ReactNode } from "react";
import { formatCount } from "../ui/count.ts";

export interface ShareRow {
  readonly key: string;
  readonly name: ReactNode;
  readonly count: number;
  /** CSS of the bar behind it. */
  readonly color?: string;
}

/** How much each has of a whole, the bar of each behind its name. */
export function ShareRows({ label, rows, total }: { label: string; rows: readonly ShareRow[]; total: number }) {
  const highest = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <ul aria-label={label} className="space-y-1">
      {rows.map(({ key, name, count, color = "var(--color-line)" }) => (
        <li key={key} className="relative flex h-7 items-center gap-3 px-2">
          <span
            aria-hidden
            className="absolute inset-y-0 left-0 rounded opacity-70"
            style={{ width: `${(count / highest) * 100}%`, background: color }}
          />
          <span className="relative min-w-0 grow truncate">{name}</span>
          <span className="relative tabular-nums" title={count.toLocaleString("en")}>
            {formatCount(count)}
          </span>
          <span className="relative w-11 shrink-0 whitespace-nowrap text-right text-xs text-dim tabular-nums">
            {percent(count, total)}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function percent(part: number, whole: number): string {
  if (whole === 0) return "–";
  const share = (part / whole) * 100;
  return share > 0 && share < 1 ? "<1 %" : `${Math.round(share)} %`;
}
