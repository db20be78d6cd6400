import type { ApiCluster, ApiClusterNode } from "@mesher/protocol";
import { formatCount } from "../ui/count.ts";
import { formatLag } from "./node-table.tsx";
import { shortName } from "./short-name.ts";

const WIDTH = 400;
const HEIGHT = 322;
/** More, if somebody stands outside. */
const STRANGERS_HEIGHT = 44;
const CENTER = { x: WIDTH / 2, y: 172 };
/** What is cut off above and below a node that stands alone. */
const ALONE_MARGIN = 110;
const RING = { x: 128, y: 106 };
const NODE = 26;
/** Two lines between the same nodes run side by side. */
const LANE = 5;

interface Placed {
  readonly node: ApiClusterNode;
  readonly x: number;
  readonly y: number;
}

interface Flow {
  readonly from: Placed;
  readonly to: Placed;
  readonly kind: "copy" | "help";
}

/** The nodes on a ring, and what flows between them. The table beside it says all of it in words and numbers. */
export function ClusterMap({ cluster }: { cluster: ApiCluster }) {
  const placed = place(cluster.nodes);
  const flows = flowsOf(cluster, placed);
  const strangers = strangersOf(cluster);
  const height = HEIGHT + (strangers.length === 0 ? 0 : STRANGERS_HEIGHT);
  const isAlone = placed.length === 1 && strangers.length === 0;
  const [top, shownHeight] = isAlone ? [ALONE_MARGIN, height - 2 * ALONE_MARGIN] : [0, height];
  return (
    <figure className="mx-auto w-full max-w-[26rem] min-w-0">
      <svg viewBox={`0 ${top} ${WIDTH} ${shownHeight}`} role="img" aria-label={describe(cluster)} className="w-full">
        {pairs(placed.filter(({ node }) => node.status === "alive")).map(([from, to]) => (
          <line
            key={`${from.node.name} ${to.node.name}`}
            x1={from.x}
            y1={from.y}
            x2={to.x}
            y2={to.y}
            className="stroke-line"
          />
        ))}
        {flows.map((flow) => (
          <FlowLine key={`${flow.kind} ${flow.from.node.name} ${flow.to.node.name}`} flow={flow} />
        ))}
        {placed.map((each) => (
          <NodeDot key={each.node.name} at={each} leader={cluster.leader} />
        ))}
        <Strangers names={strangers} />
      </svg>
      <figcaption className={isAlone ? "hidden" : "flex flex-wrap justify-center gap-x-4 gap-y-1 text-xs text-faint"}>
        <span>
          <span aria-hidden className="mr-1.5 inline-block w-4 border-t-2 border-dotted border-green align-middle" />
          copies of journals
        </span>
        <span>
          <span aria-hidden className="mr-1.5 inline-block w-4 border-t-4 border-dotted border-mark align-middle" />
          events handed over for storing
        </span>
      </figcaption>
    </figure>
  );
}

/** Not those that are on the ring as dead: that they cannot be reached is no news. */
function strangersOf({ nodes, refused, unreached }: ApiCluster): string[] {
  const gone = new Set(nodes.filter(({ status }) => status !== "alive").map(({ name }) => name));
  return [...new Set([...refused.map(({ peer }) => peer), ...unreached])].filter((name) => !gone.has(name));
}

/** What the node that answers knows of: its own copies and helpers, and those whose copies it keeps and whom it helps. */
function flowsOf({ replication, offload }: ApiCluster, placed: readonly Placed[]): Flow[] {
  const self = placed.find(({ node }) => node.is_self);
  const at = (name: string) => placed.find(({ node }) => node.name === name);
  const flow = (kind: Flow["kind"], from: Placed | undefined, to: Placed | undefined): Flow[] =>
    from === undefined || to === undefined || from === to ? [] : [{ kind, from, to }];
  return [
    ...replication.holders.flatMap(({ node }) => flow("copy", self, at(node))),
    ...replication.copies.flatMap(({ owner }) => flow("copy", at(owner), self)),
    ...offload.helpers.flatMap(({ node }) => flow("help", self, at(node))),
    ...offload.helping.flatMap(({ node }) => flow("help", at(node), self)),
  ];
}

const FLOW: Readonly<Record<Flow["kind"], { readonly line: string; readonly lane: number; readonly width: number }>> = {
  copy: { line: "stroke-green", lane: LANE, width: 2 },
  help: { line: "stroke-mark", lane: 2.4 * LANE, width: 4 },
};

/** Dots that run from one to the other; whoever wants no motion sees them still, and the arrow says which way. */
function FlowLine({ flow: { from, to, kind } }: { flow: Flow }) {
  const { line, lane, width } = FLOW[kind];
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const [sx, sy] = [-uy * lane, ux * lane];
  const isCut = from.node.status !== "alive" || to.node.status !== "alive";
  const end = { x: to.x - ux * (NODE + 6) + sx, y: to.y - uy * (NODE + 6) + sy };
  return (
    <g className={isCut ? "opacity-30" : ""}>
      <line
        x1={from.x + ux * (NODE + 4) + sx}
        y1={from.y + uy * (NODE + 4) + sy}
        x2={end.x}
        y2={end.y}
        strokeWidth={width}
        strokeDasharray="1 8"
        strokeLinecap="round"
        className={`${line} ${isCut ? "" : "flows"}`}
      />
      <path
        d={`M${end.x - ux * 5 - uy * 3.5} ${end.y - uy * 5 + ux * 3.5}L${end.x} ${end.y}l${-ux * 5 + uy * 3.5} ${-uy * 5 - ux * 3.5}`}
        fill="none"
        strokeWidth={1.5}
        className={line}
      />
    </g>
  );
}

const STATUS_STROKE: Readonly<Record<ApiClusterNode["status"], string>> = {
  alive: "stroke-green",
  dead: "stroke-red",
  left: "stroke-faint",
};

function NodeDot({ at: { node, x, y }, leader }: { at: Placed; leader: string | null }) {
  const busy = Math.min(1, Math.max(0, node.load?.cpu ?? 0));
  const round = 2 * Math.PI * (NODE - 4.5);
  const isAlive = node.status === "alive";
  // Outside the ring, where no line runs.
  const labelY = y < CENTER.y - 20 ? y - NODE - 22 : y + NODE + 15;
  return (
    <g>
      <circle cx={x} cy={y} r={NODE + 4} className="fill-bg" />
      <circle
        cx={x}
        cy={y}
        r={NODE}
        fill="none"
        strokeWidth={2}
        strokeDasharray={isAlive ? undefined : "3 4"}
        className={`${STATUS_STROKE[node.status]} transition-colors duration-500`}
      />
      {/* How busy it is, as a part of the way around. */}
      <circle cx={x} cy={y} r={NODE - 4.5} fill="none" strokeWidth={3} className="stroke-line" />
      <circle
        cx={x}
        cy={y}
        r={NODE - 4.5}
        fill="none"
        strokeWidth={3}
        strokeDasharray={`${busy * round} ${round}`}
        transform={`rotate(-90 ${x} ${y})`}
        className="stroke-dim transition-all duration-500"
      />
      <text x={x} y={y + 4} textAnchor="middle" className="fill-ink text-[11px] font-semibold tabular-nums">
        {node.load === null ? (isAlive ? "" : "×") : `${Math.round(node.load.cpu * 100)}%`}
      </text>
      {leader !== null && node.name === leader && isAlive && <Crown x={x} y={y - NODE} />}
      <text x={x} y={labelY} textAnchor="middle" className="fill-ink text-[11px] font-medium">
        {shortName(node.name)}
      </text>
      <text x={x} y={labelY + 13} textAnchor="middle" className={`text-[10px] tabular-nums ${factColor(node)}`}>
        {node.load === null
          ? node.status
          : `${formatCount(node.load.waiting_entries)} waiting · ${formatLag(node.load.lag_ms)}`}
      </text>
    </g>
  );
}

/** Longer than this and a reader should see it. */
const LAG_MS_FINE = 5_000;

function factColor({ status, load }: ApiClusterNode): string {
  if (status === "dead") return "fill-red";
  return load !== null && load.lag_ms > LAG_MS_FINE ? "fill-amber" : "fill-faint";
}

function Crown({ x, y }: { x: number; y: number }) {
  return (
    <g>
      <circle cx={x} cy={y} r={9} className="fill-bg" />
      <path d={`M${x - 6} ${y + 4}v-7l3.5 3L${x} ${y - 5}l2.5 5 3.5-3v7z`} className="fill-ink" />
    </g>
  );
}

/** More would not fit; the list beside the map has all. */
const STRANGERS_MAX = 4;

/** Those who knock and are not let in, or never answer: below the ring, with no line to anybody. */
function Strangers({ names }: { names: readonly string[] }) {
  const shown = names.slice(0, STRANGERS_MAX);
  const y = HEIGHT + 14;
  return shown.map((name, index) => {
    const x = ((index + 1) * WIDTH) / (shown.length + 1);
    return (
      <g key={name}>
        <circle cx={x} cy={y} r={8} fill="none" strokeDasharray="2 3" className="stroke-red" />
        <path
          d={`M${x - 3} ${y - 3}l6 6m0-6l-6 6`}
          className="stroke-red"
          fill="none"
          strokeWidth={1.3}
          strokeLinecap="round"
        />
        <text x={x} y={y + 22} textAnchor="middle" className="fill-dim text-[10px]">
          {shortName(name).slice(0, 18)}
        </text>
      </g>
    );
  });
}

/** Always in the same place, whoever comes and goes last in the list. */
function place(nodes: readonly ApiClusterNode[]): Placed[] {
  const sorted = nodes.toSorted((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
  if (sorted.length === 1) return sorted.map((node) => ({ node, ...CENTER }));
  return sorted.map((node, index) => {
    const angle = (index / sorted.length) * 2 * Math.PI - Math.PI / 2;
    return { node, x: CENTER.x + RING.x * Math.cos(angle), y: CENTER.y + RING.y * Math.sin(angle) };
  });
}

function pairs(placed: readonly Placed[]): [Placed, Placed][] {
  return placed.flatMap((from, index) => placed.slice(index + 1).map((to): [Placed, Placed] => [from, to]));
}

function describe({ nodes, leader }: ApiCluster): string {
  const states = nodes.map(({ name, status }) => `${shortName(name)} is ${status}`).join(", ");
  return leader === null ? states : `${states}; ${shortName(leader)} leads`;
}
