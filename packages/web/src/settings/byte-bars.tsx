import { formatBytes } from "../ui/bytes.ts";

interface BarRow {
  readonly name: string;
  readonly bytes: number;
  readonly note: string;
}

interface BarsProps {
  readonly label: string;
  readonly rows: readonly BarRow[];
  /** What a whole bar stands for; absent: the largest of the rows. */
  readonly wholeBytes?: number;
}

/** A bar beside its number, so that the largest stands out. */
export function Bars({ label, rows, wholeBytes }: BarsProps) {
  const top = Math.max(1, wholeBytes ?? 0, ...rows.map(({ bytes }) => bytes));
  return (
    <ul aria-label={label} className="space-y-1.5">
      {rows.map(({ name, bytes, note }) => (
        <li
          key={name}
          className="grid grid-cols-[minmax(0,1fr)_5.5rem] items-center gap-x-3 sm:grid-cols-[11rem_minmax(0,1fr)_5.5rem_9rem]"
        >
          <code className="truncate">{name}</code>
          <span aria-hidden className="order-last col-span-2 h-2 rounded-sm bg-line sm:order-none sm:col-span-1">
            <span className="block h-full rounded-sm bg-dim" style={{ width: `${(bytes / top) * 100}%` }} />
          </span>
          <span className="text-right tabular-nums">{formatBytes(bytes)}</span>
          <span className="hidden text-right text-xs text-faint sm:block">{note}</span>
        </li>
      ))}
    </ul>
  );
}
