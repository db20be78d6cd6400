import type { ApiCluster, ApiClusterNode } from "@mesher/protocol";
import { formatCount } from "../ui/count.ts";
import { RelativeTime } from "../ui/relative-time.tsx";
import { shortName } from "./short-name.ts";
import type { ClusterHistory } from "./use-cluster-history.ts";

const STATUS_COLOR: Readonly<Record<ApiClusterNode["status"], string>> = {
  alive: "bg-green",
  dead: "bg-red",
  left: "bg-faint",
};

/** What the map shows, in words and numbers. */
export function NodeTable({
  cluster: { nodes, leader },
  loads,
}: {
  cluster: ApiCluster;
  loads: ClusterHistory["loads"];
}) {
  return (
    <div
      className="relative overflow-x-auto rounded-lg border"
      tabIndex={0}
      role="region"
      aria-label="Nodes, as a table"
    >
      <table className="w-full text-left whitespace-nowrap tabular-nums">
        <thead className="text-xs text-faint">
          <tr className="border-b *:px-3 *:py-1.5 *:font-normal">
            <th scope="col">Node</th>
            <th scope="col">State</th>
            <th scope="col" className="text-right">
              Events in 5 s
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
            <th scope="col">Version</th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {nodes.map((node) => (
            <tr key={`${node.name} ${node.incarnation}`} className="*:px-3 *:py-2">
              <th scope="row" className="font-medium" title={node.name}>
                {shortName(node.name)}
                {node.is_self && node.name !== "" && <span className="ml-1.5 font-normal text-faint">answers you</span>}
                {node.name !== "" && node.name === leader && (
                  <span className="ml-1.5 font-normal text-faint">leads</span>
                )}
              </th>
              <td title={node.reason ?? undefined}>
                <span aria-hidden className={`mr-1.5 inline-block size-2 rounded-full ${STATUS_COLOR[node.status]}`} />
                {node.status}{" "}
                <span className="text-xs text-faint">
                  since <RelativeTime at={node.since} />
                </span>
                {node.reason !== null && <span className="block text-xs text-red">{node.reason}</span>}
              </td>
              <LoadCells node={node} samples={loads.get(node.name) ?? []} />
              <td className="text-dim">{node.version}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
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
      <td className="text-right">{Math.round(load.cpu * 100)} %</td>
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
      className="h-4 w-15 text-faint"
    >
      <polyline points={points} fill="none" stroke="currentColor" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

export function formatLag(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
