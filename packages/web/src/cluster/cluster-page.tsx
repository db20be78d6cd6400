import type { ApiCluster } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { clusterQuery } from "../api/operation-queries.ts";
import { Failure } from "../ui/failure.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { formatAge, formatClock } from "../ui/time.ts";
import type { ChangeKind } from "./cluster-changes.ts";
import { ClusterHowTo } from "./cluster-how-to.tsx";
import { ClusterMap } from "./cluster-map.tsx";
import { NodeTable } from "./node-table.tsx";
import { shortName } from "./short-name.ts";
import { type SeenChange, useClusterHistory } from "./use-cluster-history.ts";

export function ClusterPage() {
  const cluster = useQuery(clusterQuery());
  if (cluster.isPending) return <PageSkeleton label="Loading the cluster" />;
  if (cluster.data === undefined) {
    return (
      <Failure title="The cluster could not be loaded." error={cluster.error} onRetry={() => void cluster.refetch()} />
    );
  }
  return (
    <>
      <Reconnecting error={cluster.error} self={cluster.data.self} readAtMs={cluster.dataUpdatedAt} />
      <FilledCluster cluster={cluster.data} readAtMs={cluster.dataUpdatedAt} />
    </>
  );
}

/** A browser knows one address. Behind it another node may answer, or the same one when it is back. */
function Reconnecting({ error, self, readAtMs }: { error: Error | null; self: string; readAtMs: number }) {
  if (error === null) return null;
  return (
    <p role="status" className="border-b bg-amber-wash px-4 py-1.5 text-xs text-amber sm:px-6">
      Reconnecting: {self === "" ? "the server" : shortName(self)} does not answer. What you see was read{" "}
      <RelativeTime at={new Date(readAtMs).toISOString()} />.
    </p>
  );
}

function FilledCluster({ cluster, readAtMs }: { cluster: ApiCluster; readAtMs: number }) {
  const history = useClusterHistory(cluster, readAtMs);
  const alive = cluster.nodes.filter(({ status }) => status === "alive").length;
  const isAlone = cluster.mode === "standalone";
  return (
    <article className="px-4 pb-20 sm:px-6">
      <title>Cluster · Mesher</title>
      <div className="flex min-h-13 flex-wrap items-center gap-x-3 py-2">
        <h1 className="text-[0.9375rem] font-semibold">Cluster</h1>
        <p className="text-dim">
          {isAlone
            ? "This node stands alone."
            : `${alive} of ${cluster.nodes.length} nodes alive, as ${shortName(cluster.self)} sees it.`}
        </p>
      </div>
      {cluster.fault !== null && (
        <p role="alert" className="mb-4 rounded-lg bg-red-wash px-3 py-2 text-red">
          {cluster.fault}
        </p>
      )}
      <div className="grid gap-x-10 gap-y-8 border-t pt-5 xl:grid-cols-[26rem_minmax(0,1fr)]">
        <div className="min-w-0 space-y-8">
          <ClusterMap cluster={cluster} />
          {!isAlone && <Happened changes={history.changes} />}
        </div>
        <div className="min-w-0 space-y-8">
          <Section title="Nodes">
            <NodeTable cluster={cluster} loads={history.loads} />
          </Section>
          {isAlone && <ClusterHowTo />}
          <Strangers cluster={cluster} />
          {!isAlone && <Copies cluster={cluster} />}
          <Help cluster={cluster} />
          <Carrier cluster={cluster} />
          <Names cluster={cluster} />
        </div>
      </div>
    </article>
  );
}

const CHANGE_COLOR: Readonly<Record<ChangeKind, string>> = { good: "bg-green", bad: "bg-red", neutral: "bg-faint" };

/** The list is there from the start, so that screen readers hear what comes into it. */
function Happened({ changes }: { changes: readonly SeenChange[] }) {
  return (
    <Section title="Since you are here">
      {changes.length === 0 && <p className="text-faint">Nothing has changed.</p>}
      <div role="log" aria-label="What changed in the cluster">
        <ol className="space-y-1">
          {changes.map(({ id, kind, text, at }) => (
            <li key={id} className="flex items-baseline gap-2">
              <span aria-hidden className={`size-2 shrink-0 rounded-full ${CHANGE_COLOR[kind]}`} />
              <span className="min-w-0 grow wrap-anywhere">{text}</span>
              <time dateTime={at} className="shrink-0 font-mono text-xs text-faint">
                {formatClock(at).slice(0, 8)}
              </time>
            </li>
          ))}
        </ol>
      </div>
    </Section>
  );
}

/** Nodes that talk over a NATS server depend on it. */
function Carrier({ cluster: { transport } }: { cluster: ApiCluster }) {
  if (transport.kind !== "nats") return null;
  const isAway = transport.status !== "connected";
  return (
    <Section title="Carried by NATS">
      <p className={isAway ? "text-red" : "text-dim"}>
        {transport.status} <code>{transport.server}</code> for <RelativeTime at={transport.since} format={formatAge} />
        {transport.reason !== null && `: ${transport.reason}`}
      </p>
    </Section>
  );
}

const PROTECTION: Readonly<Record<ApiCluster["replication"]["state"], string>> = {
  off: "No copies are wanted: what waits in this node's journal is on its disk alone.",
  complete: "Every accepted event that waits here is on another disk, too.",
  catching_up: "A copy is being brought up to date.",
  degraded: "Fewer copies than wanted: what is accepted now may be on one disk alone.",
};

function Copies({ cluster: { replication } }: { cluster: ApiCluster }) {
  return (
    <Section title="Copies of journals">
      <p className={replication.state === "degraded" ? "text-amber" : "text-dim"}>{PROTECTION[replication.state]}</p>
      {replication.holders.length > 0 && (
        <Rows label="Copies of this node's journal">
          {replication.holders.map(({ node, state }) => (
            <Row
              key={node}
              name={`this node's, on ${shortName(node)}`}
              value={state === "complete" ? "complete" : "catching up"}
            />
          ))}
        </Rows>
      )}
      {replication.copies.length > 0 && (
        <Rows label="Kept here for others">
          {replication.copies.map(({ journal_id, owner, bytes, waiting_entries }) => (
            <Row
              key={journal_id}
              name={`that of ${shortName(owner)}, here`}
              value={
                waiting_entries === null
                  ? `${(bytes / 1024).toLocaleString("en", { maximumFractionDigits: 0 })} KiB`
                  : `its owner is gone: ${waiting_entries} are being stored from here`
              }
            />
          ))}
        </Rows>
      )}
    </Section>
  );
}

function Help({ cluster: { offload } }: { cluster: ApiCluster }) {
  if (offload.helpers.length + offload.helping.length === 0) return null;
  return (
    <Section title="Help">
      <Rows label="Who helps whom">
        {offload.helpers.map(({ node, events, since }) => (
          <Row
            key={`by ${node}`}
            name={`${shortName(node)} helps this node`}
            value={<Since events={events} at={since} />}
          />
        ))}
        {offload.helping.map(({ node, events, since }) => (
          <Row
            key={`of ${node}`}
            name={`this node helps ${shortName(node)}`}
            value={<Since events={events} at={since} />}
          />
        ))}
      </Rows>
    </Section>
  );
}

function Since({ events, at }: { events: number; at: string }) {
  return (
    <>
      {events.toLocaleString("en")} events in the last <RelativeTime at={at} format={formatAge} />
    </>
  );
}

function Names({ cluster: { names } }: { cluster: ApiCluster }) {
  if (names.length === 0) return null;
  return (
    <Section title="Names">
      <Rows label="Names and who owns them">
        {names.map(({ name, node }) => (
          <Row key={name} name={<code>{name}</code>} value={shortName(node)} />
        ))}
      </Rows>
    </Section>
  );
}

/** Those who are not let in, and those who never answered. */
function Strangers({ cluster: { refused, unreached } }: { cluster: ApiCluster }) {
  if (refused.length + unreached.length === 0) return null;
  return (
    <Section title="Not let in, or not there">
      <Rows label="Peers that are not in the cluster">
        {refused.map(({ peer, reason, message, side, count, last_at }) => (
          <Row
            key={`${peer} ${reason} ${side}`}
            name={
              <>
                <span className="text-red">{peer}</span> <span className="text-dim">{message}</span>
              </>
            }
            value={
              <>
                {count} times, last <RelativeTime at={last_at} />
              </>
            }
          />
        ))}
        {unreached.map((peer) => (
          <Row key={peer} name={peer} value="never answered" />
        ))}
      </Rows>
    </Section>
  );
}

function Rows({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul aria-label={label} className="mt-2 divide-y rounded-lg border">
      {children}
    </ul>
  );
}

function Row({ name, value }: { name: ReactNode; value: ReactNode }) {
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-4 px-3 py-1.5">
      <span className="min-w-0 wrap-anywhere">{name}</span>
      <span className="text-dim tabular-nums">{value}</span>
    </li>
  );
}
