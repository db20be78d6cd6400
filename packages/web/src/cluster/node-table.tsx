import type { ApiCluster, ApiClusterNode } from "@mesher/protocol";
import type { ReactNode } from "react";
import { formatCount } from "../ui/count.ts";
import { RelativeTime } from "../ui/relative-time.tsx";
import { formatAge } from "../ui/time.ts";
import { shortName } from "./short-name.ts";
import type { ClusterHistory } from "./use-cluster-history.ts";

const STATUS_COLOR: Readonly<Record<ApiClusterNode["status"], string>> = {
  alive: "bg-green",
  dead: "bg-red",
  left: "bg-faint",
};

interface NodesProps {
  readonly cluster: ApiCluster;
  readonly loads: ClusterHistory["loads"];
}

/** What the map shows, in words and numbers. */
export function NodeTable(props: NodesProps) {
  return (
    <>
      <WideTable {...props} />
      <NarrowList {...props} />
    </>
  );
}

function WideTable({ cluster: { nodes, leader }, loads }: NodesProps) {
  return (
    <div
      className="relative overflow-x-auto rounded-lg border max-sm:hidden"
      tabIndex={0}
      role="region"
      aria-label="Nodes, as a table"
    >
      <table className="w-full text-left whitespace-nowrap tabular-nums">
        <thead className="text-xs text-faint">
          <tr className="border-b *:px-2 *:py-1.5 *:font-normal *:first:pl-3 *:last:pr-3">
            <th scope="col">Node</th>
            <th scope="col">State</th>
            <th scope="col" className="text-right" title="Events in 5 s">
              In 5 s
            </th>
            <th scope="col">
              <span className="sr-only">In the last two minutes</span>
            </th>
            <th scope="col" className="text-right">
              Waiting
            </th>
            <th scope="col" className="text-right">
              Lag
            </th>
            <th scope="col" className="text-right">
              CPU
            </th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {nodes.map((node) => (
            <tr key={keyOf(node)} className="align-top *:px-2 *:py-2 *:first:pl-3 *:last:pr-3">
              <th scope="row" className="font-medium" title={node.name}>
                {shortName(node.name)}
                <span className="block text-xs">
                  <Part node={node} leader={leader} />
                </span>
                <Version node={node} />
              </th>
              <td>
                <State node={node} />
              </td>
              <LoadCells node={node} samples={loads.get(node.name) ?? []} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The same where a table would have to be scrolled sideways. */
function NarrowList({ cluster: { nodes, leader }, loads }: NodesProps) {
  return (
    <ul aria-label="Nodes" className="divide-y rounded-lg border sm:hidden">
      {nodes.map((node) => (
        <li key={keyOf(node)} className="px-3 py-2.5">
          <div className="flex flex-wrap items-baseline justify-between gap-x-3">
            <p className="min-w-0 font-medium wrap-anywhere" title={node.name}>
              {shortName(node.name)} <Part node={node} leader={leader} />
            </p>
            <p>
              <State node={node} />
            </p>
          </div>
          {node.load === null ? (
            <p className="text-faint">says nothing</p>
          ) : (
            <dl className="mt-1.5 grid grid-cols-4 gap-x-2 tabular-nums">
              <Figure name="In 5 s">
                {formatCount(node.load.accepted_events)} <Trend samples={loads.get(node.name) ?? []} />
              </Figure>
              <Figure name="Waiting">{formatCount(node.load.waiting_entries)}</Figure>
              <Figure name="Lag">{formatLag(node.load.lag_ms)}</Figure>
              <Figure name="CPU">{formatCpu(node.load.cpu)}</Figure>
            </dl>
          )}
          <Version node={node} />
        </li>
      ))}
    </ul>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-faint">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const keyOf = ({ name, incarnation }: ApiClusterNode) => `${name} ${incarnation}`;

/** What is special about it. */
function Part({ node: { name, is_self }, leader }: { node: ApiClusterNode; leader: ApiCluster["leader"] }) {
  if (name === "") return null;
  return (
    <span className="space-x-1.5 font-normal text-faint">
      {is_self && <span>answers you</span>}
      {name === leader && <span>leads</span>}
    </span>
  );
}

function Version({ node: { version } }: { node: ApiClusterNode }) {
  return <span className="block text-xs font-normal text-faint">version {version}</span>;
}

function State({ node: { status, since, reason } }: { node: ApiClusterNode }) {
  return (
    <>
      <span aria-hidden className={`mr-1.5 inline-block size-2 rounded-full ${STATUS_COLOR[status]}`} />
      {status}{" "}
      <span className="text-xs text-faint">
        for <RelativeTime at={since} format={formatAge} />
      </span>
      {reason !== null && <span className="block text-xs whitespace-normal text-red">{reason}</span>}
    </>
  );
}

function LoadCells({ node: { load }, samples }: { node: ApiClusterNode; samples: readonly (number | null)[] }) {
  if (load === null) {
    return (
      <td colSpan={5} className="text-right text-faint">
        says nothing
      </td>
    );
  }
  return (
    <>
      <td className="text-right">{formatCount(load.accepted_events)}</td>
      <td className="!px-0">
        <Trend samples={samples} />
      </td>
      <td className="text-right">{formatCount(load.waiting_entries)}</td>
      <td className="text-right">{formatLag(load.lag_ms)}</td>
      <td className="text-right">{formatCpu(load.cpu)}</td>
    </>
  );
}

const TREND = { width: 60, height: 16 };

/** How much came in while the page is open: a line without numbers beside the number. */
function Trend({ samples }: { samples: readonly (number | null)[] }) {
  const top = Math.max(1, ...samples.map((sample) => sample ?? 0));
  const points = samples
    .map((sample, index) => `${index},${TREND.height - 1 - ((sample ?? 0) / top) * (TREND.height - 2)}`)
    .join(" ");
  return (
    <svg
      viewBox={`0 0 ${TREND.width} ${TREND.height}`}
      preserveAspectRatio="none"
      aria-hidden
      className="inline-block h-4 w-10 text-faint sm:w-15"
    >
      <polyline points={points} fill="none" stroke="currentColor" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

const formatCpu = (share: number) => `${Math.round(share * 100)} %`;

export function formatLag(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
