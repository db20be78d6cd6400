import type { ApiCluster, ApiClusterNode } from "@mesher/protocol";
import { formatLag } from "./node-table.tsx";
import { shortName } from "./short-name.ts";

const SIZE = 320;
const CENTER = SIZE / 2;
const RING = 100;
const NODE = 24;

interface Placed {
  readonly node: ApiClusterNode;
  readonly x: number;
  readonly y: number;
}

/** The nodes on a ring; lines say who talks, thick ones where copies are and who helps. The table says it in words. */
export function ClusterMap({ cluster }: { cluster: ApiCluster }) {
  const placed = place(cluster.nodes);
  const at = new Map(placed.map((each) => [each.node.name, each]));
  const self = placed.find(({ node }) => node.is_self);
  const copies = cluster.replication.holders.map(({ node }) => at.get(node)).filter((found) => found !== undefined);
  const helpers = cluster.offload.helpers.map(({ node }) => at.get(node)).filter((found) => found !== undefined);
  return (
    <figure className="mx-auto w-full max-w-96 min-w-0">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={describe(cluster)} className="w-full">
        {placed.flatMap((from, index) =>
          placed
            .slice(index + 1)
            .filter((to) => from.node.status === "alive" && to.node.status === "alive")
            .map((to) => (
              <Line key={`${from.node.name} ${to.node.name}`} from={from} to={to} className="stroke-line" width={1} />
            )),
        )}
        {self !== undefined &&
          copies.map((to) => (
            <Line key={`copy ${to.node.name}`} from={self} to={to} className="stroke-green" width={2.5} />
          ))}
        {self !== undefined &&
          helpers.map((to) => (
            <Line key={`help ${to.node.name}`} from={self} to={to} className="stroke-mark pulses" width={4} />
          ))}
        {placed.map((each) => (
          <NodeDot key={`${each.node.name} ${each.node.incarnation}`} at={each} leader={cluster.leader} />
        ))}
      </svg>
      <figcaption className="flex flex-wrap justify-center gap-x-4 text-xs text-faint">
        <span>
          <span aria-hidden className="mr-1.5 inline-block h-0.5 w-4 bg-green align-middle" />
          copy of this node's journal
        </span>
        <span>
          <span aria-hidden className="mr-1.5 inline-block h-1 w-4 bg-mark align-middle" />
          help with storing
        </span>
      </figcaption>
    </figure>
  );
}

function Line(props: { from: Placed; to: Placed; className: string; width: number }) {
  const { from, to, className, width } = props;
  return <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} strokeWidth={width} className={className} />;
}

const STATUS_STROKE: Readonly<Record<ApiClusterNode["status"], string>> = {
  alive: "stroke-green",
  dead: "stroke-red",
  left: "stroke-faint",
};

function NodeDot({ at: { node, x, y }, leader }: { at: Placed; leader: string | null }) {
  const busy = Math.min(1, Math.max(0, node.load?.cpu ?? 0));
  const round = 2 * Math.PI * NODE;
  // Outside the ring, where no line runs.
  const labelY = y < CENTER - 40 ? y - NODE - 21 : y + NODE + 14;
  return (
    <g>
      <circle cx={x} cy={y} r={NODE} strokeWidth={2.5} className={`fill-bg ${STATUS_STROKE[node.status]} opacity-35`} />
      <circle cx={x} cy={y} r={NODE} className="fill-bg" />
      <circle
        cx={x}
        cy={y}
        r={NODE}
        fill="none"
        strokeWidth={2}
        strokeDasharray={node.status === "alive" ? undefined : "3 4"}
        className={STATUS_STROKE[node.status]}
      />
      {/* How busy it is, as a part of the way around. */}
      <circle
        cx={x}
        cy={y}
        r={NODE - 4.5}
        fill="none"
        strokeWidth={3.5}
        strokeDasharray={`${busy * round * ((NODE - 4.5) / NODE)} ${round}`}
        transform={`rotate(-90 ${x} ${y})`}
        className="stroke-dim transition-all duration-500"
      />
      {leader !== null && node.name === leader && (
        <path d={`M${x - 6} ${y + 4}v-7l3.5 3L${x} ${y - 5}l2.5 5 3.5-3v7z`} className="fill-ink" />
      )}
      <text x={x} y={labelY} textAnchor="middle" className="fill-ink text-[11px] font-medium">
        {shortName(node.name)}
      </text>
      <text x={x} y={labelY + 13} textAnchor="middle" className="fill-faint text-[10px]">
        {node.load === null ? node.status : `${node.load.waiting_entries} waiting · ${formatLag(node.load.lag_ms)}`}
      </text>
    </g>
  );
}

/** Always in the same place, whoever comes and goes last in the list. */
function place(nodes: readonly ApiClusterNode[]): Placed[] {
  const sorted = nodes.toSorted((one, other) => one.name.localeCompare(other.name));
  if (sorted.length === 1) return sorted.map((node) => ({ node, x: CENTER, y: CENTER }));
  return sorted.map((node, index) => {
    const angle = (index / sorted.length) * 2 * Math.PI - Math.PI / 2;
    return { node, x: CENTER + RING * Math.cos(angle), y: CENTER + RING * Math.sin(angle) };
  });
}

function describe({ nodes, leader }: ApiCluster): string {
  const states = nodes.map(({ name, status }) => `${shortName(name)} is ${status}`).join(", ");
  return leader === null ? states : `${states}; ${shortName(leader)} leads`;
}
