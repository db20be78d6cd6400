const HEIGHT = 28;
const STEP = 4;
/** An hour with one event is seen although another had thousands. */
const BAR_HEIGHT_MIN = 2;

/** Bars without axes, for a row of a list: how it went lately, at a glance. */
export function Sparkline({
  counts,
  label,
  className,
}: {
  counts: readonly number[];
  label: string;
  className: string;
}) {
  const highest = Math.max(1, ...counts);
  return (
    <svg
      viewBox={`0 0 ${counts.length * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      className={className}
    >
      {counts.map((count, index) => {
        const height = count === 0 ? 1 : Math.max(BAR_HEIGHT_MIN, (count / highest) * HEIGHT);
        return (
          <rect
            key={index}
            x={index * STEP}
            y={HEIGHT - height}
            width={STEP - 1}
            height={height}
            className={count === 0 ? "fill-line" : "fill-bar"}
          />
        );
      })}
    </svg>
  );
}
