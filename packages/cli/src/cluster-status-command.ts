import type { ApiCluster, ApiLoad, ApiTransport } from "@mesher/protocol";
import { alignColumns } from "./align-columns.ts";
import { type Arguments, type Command, isGiven } from "./command.ts";
import { formatBytes } from "./format-bytes.ts";
import { printableJson } from "./printable.ts";
import { fetchAnswer, findServerAccess, SERVER_NOTES, SERVER_OPTIONS } from "./server-access.ts";
import type { Terminal } from "./terminal.ts";

export const clusterStatusCommand: Command = {
  name: "cluster status",
  summary: "Shows the cluster as the server sees it: nodes, load, names, copies of journals, refused peers.",
  options: { ...SERVER_OPTIONS, json: { help: "Print the answer of the API, for programs." } },
  notes: `${SERVER_NOTES}\nThe exit code is 1 when a node is down, NATS is away, a peer is refused, or a journal has fewer copies than wanted.`,
  run: showCluster,
};

async function showCluster(given: Arguments, terminal: Terminal): Promise<number> {
  const access = await findServerAccess(given, terminal);
  const cluster = await fetchAnswer(access, "/api/v1/cluster", isCluster);
  if (isGiven(given, "json")) terminal.print(`${printableJson(cluster, 2)}\n`);
  else terminal.print(`${formatCluster(cluster, Date.now())}\n`);
  return isHealthy(cluster) ? 0 : 1;
}

function isHealthy({ fault, transport, nodes, refused, replication }: ApiCluster): boolean {
  return (
    fault === null &&
    (transport.kind !== "nats" || transport.status === "connected") &&
    refused.length === 0 &&
    replication.state !== "degraded" &&
    nodes.every(({ status }) => status !== "dead")
  );
}

/** For people. `nowMs`: milliseconds since the epoch, for how long ago something was. */
export function formatCluster(cluster: ApiCluster, nowMs: number): string {
  const { mode, fault, self, replication, offload } = cluster;
  const head = alignColumns([
    ["Mode", mode === "cluster" ? `cluster, seen from ${self}` : "standalone: this node has no peers"],
    ...(fault === null ? [] : [["Fault", fault]]),
    ...(cluster.transport.kind === "none" ? [] : [["Transport", formatTransport(cluster.transport, nowMs)]]),
    ["Leader", cluster.leader === null || cluster.leader === "" ? "-" : cluster.leader],
    ["Journal", formatReplication(replication)],
    ...offload.helpers.map(({ node, events }) => ["Helper", `${node} has stored ${events} events for this node`]),
    ...offload.helping.map(({ node, events }) => ["Helps", `${node}: ${events} events stored for it`]),
  ]);
  const parts = [head, formatNodes(cluster, nowMs)];
  if (replication.copies.length > 0) parts.push(formatCopies(replication));
  if (cluster.refused.length > 0) parts.push(formatRefused(cluster));
  if (cluster.unreached.length > 0)
    parts.push(alignColumns([["NEVER REACHED"], ...cluster.unreached.map((name) => [name])]));
  return parts.join("\n\n");
}

function formatTransport(transport: ApiTransport, nowMs: number): string {
  if (transport.kind !== "nats") return "connections between the nodes";
  const { server, status, since, reason } = transport;
  if (status === "connected") return `NATS, ${server}`;
  return `NATS, ${server}: ${status.toUpperCase()} for ${formatAge(nowMs - Date.parse(since))}${reason === null ? "" : ` (${reason})`}`;
}

function formatReplication({ wanted, state, holders }: ApiCluster["replication"]): string {
  const where = holders
    .map(({ node, state: copy }) => (copy === "complete" ? node : `${node} (catching up)`))
    .join(", ");
  if (state === "off") return "on this disk only, as wanted";
  if (state === "degraded")
    return `DEGRADED: ${holders.length} of ${wanted} copies${where === "" ? "" : ` (${where})`}`;
  return `copied to ${where}`;
}

function formatNodes({ nodes }: ApiCluster, nowMs: number): string {
  const rows = nodes.map(({ name, is_self, status, since, version, load, reason }) => [
    `${name === "" ? "this node" : name}${is_self && name !== "" ? " *" : ""}`,
    reason === null ? status : `${status}: ${reason}`,
    formatAge(nowMs - Date.parse(since)),
    version === "" ? "-" : version,
    ...formatLoad(load),
  ]);
  return alignColumns([["NODE", "STATUS", "SINCE", "VERSION", "EVENTS/5s", "WAITING", "LAG", "CPU"], ...rows]);
}

function formatLoad(load: ApiLoad | null): string[] {
  if (load === null) return ["-", "-", "-", "-"];
  const { accepted_events, waiting_entries, lag_ms, cpu } = load;
  return [String(accepted_events), String(waiting_entries), `${lag_ms} ms`, `${Math.round(cpu * 100)} %`];
}

function formatCopies({ copies }: ApiCluster["replication"]): string {
  const rows = copies.map(({ owner, bytes, waiting_entries }) => [
    owner,
    formatBytes(bytes),
    waiting_entries === null ? "kept" : `its owner is gone; ${waiting_entries} entries are still to be stored`,
  ]);
  return alignColumns([["COPY OF", "SIZE", "STATE"], ...rows]);
}

function formatRefused({ refused }: ApiCluster): string {
  const rows = refused.map(({ peer, reason, count, message }) => [peer, reason, String(count), message]);
  return alignColumns([["REFUSED", "REASON", "TIMES", "MESSAGE"], ...rows]);
}

function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

export function isCluster(value: unknown): value is ApiCluster {
  const { nodes, replication, offload } = (value ?? {}) as Partial<Record<keyof ApiCluster, unknown>>;
  return Array.isArray(nodes) && typeof replication === "object" && typeof offload === "object";
}
