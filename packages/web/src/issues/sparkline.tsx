import { formatCount } from "../ui/count.ts";

const WIDTH = 84;
const HEIGHT = 20;
/** One event is seen although another hour had thousands. */
const BAR_HEIGHT_MIN = 1.5;

/** How often an issue happened, in the size of a word. */
export function Sparkline({ counts, unit }: { counts: readonly number[]; unit: "hour" | "day" }) {
  const highest = Math.max(0, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const step = WIDTH / Math.max(1, counts.length);
  const bar = Math.max(1, step - 1);
  const heights = counts.map((count) => (count === 0 ? 0 : Math.max(BAR_HEIGHT_MIN, (count / highest) * HEIGHT)));
  const span = `${counts.length} ${unit}s`;
  const name = `${formatCount(total)} ${total === 1 ? "event" : "events"} in ${span}${
    total === 0 ? "" : `, at most ${formatCount(highest)} in one ${unit}`
  }`;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={name} className="h-5 w-21">
      <title>{name}</title>
      <path d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} className="stroke-line" strokeWidth="1" />
      <path
        d={heights
          .map((height, index) =>
            height === 0
              ? ""
              : `M${(index * step).toFixed(1)} ${HEIGHT}v${(-height).toFixed(1)}h${bar.toFixed(1)}V${HEIGHT}z`,
          )
          .join("")}
        className="fill-dim"
      />
    </svg>
  );
}
