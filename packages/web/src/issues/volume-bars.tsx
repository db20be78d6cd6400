import type { ApiIssueDetail } from "@mesher/protocol";

const HEIGHT = 40;
/** An hour with one event is seen although another had thousands. */
const BAR_HEIGHT_MIN = 2;

export function VolumeBars({ volume }: { volume: ApiIssueDetail["volume"] }) {
  const highest = Math.max(1, ...volume.map(({ count }) => count));
  const total = volume.reduce((sum, { count }) => sum + count, 0);
  return (
    <figure>
      <svg
        viewBox={`0 0 ${volume.length * 10} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${total} events in the last 24 hours, at most ${highest} in one hour`}
        className="h-10 w-full"
      >
        {volume.map(({ bucket, count }, hour) => {
          const height = count === 0 ? 1 : Math.max(BAR_HEIGHT_MIN, (count / highest) * HEIGHT);
          return (
            <g key={bucket}>
              <title>{`${hourOf(bucket)}: ${count} ${count === 1 ? "event" : "events"}`}</title>
              {/* The whole column answers to the pointer, not only its bar. */}
              <rect x={hour * 10} width={10} height={HEIGHT} fill="transparent" />
              <rect
                x={hour * 10 + 1}
                y={HEIGHT - height}
                width={8}
                height={height}
                className={count === 0 ? "fill-line" : "fill-dim"}
              />
            </g>
          );
        })}
      </svg>
      <figcaption className="mt-1 flex justify-between text-xs text-faint">
        <span>24 h ago</span>
        <span className="tabular-nums">peak {highest}/h</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}

function hourOf(bucket: string): string {
  return new Date(bucket).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}
