import type { ApiCluster } from "@mesher/protocol";
import { useState } from "react";
import { type ClusterChange, changesBetween } from "./cluster-changes.ts";

const CHANGES_MAX = 20;
/** Two minutes of looks, one every two seconds. */
const SAMPLES_MAX = 60;

export interface SeenChange extends ClusterChange {
  readonly id: number;
  readonly at: string;
}

export interface ClusterHistory {
  /** Newest first. */
  readonly changes: readonly SeenChange[];
  /** By a node's name: events accepted within five seconds, oldest first; null where it said nothing. */
  readonly loads: ReadonlyMap<string, readonly (number | null)[]>;
}

interface Kept extends ClusterHistory {
  readonly last: ApiCluster;
  readonly lastId: number;
}

/** What was seen since the page is open. `readAtMs`: when `cluster` was read. */
export function useClusterHistory(cluster: ApiCluster, readAtMs: number): ClusterHistory {
  const [kept, keep] = useState<Kept>(() => ({
    changes: [],
    loads: withSamples(new Map(), cluster),
    last: cluster,
    lastId: 0,
  }));
  if (cluster === kept.last) return kept;
  const at = new Date(readAtMs).toISOString();
  const fresh = changesBetween(kept.last, cluster).map((change, index) => ({
    ...change,
    at,
    id: kept.lastId + index + 1,
  }));
  const next = {
    changes: [...fresh.toReversed(), ...kept.changes].slice(0, CHANGES_MAX),
    loads: withSamples(kept.loads, cluster),
    last: cluster,
    lastId: kept.lastId + fresh.length,
  };
  keep(next);
  return next;
}

function withSamples(loads: ClusterHistory["loads"], { nodes }: ApiCluster): ClusterHistory["loads"] {
  return new Map(
    nodes.map(({ name, load }) => [
      name,
      [...(loads.get(name) ?? []), load?.accepted_events ?? null].slice(-SAMPLES_MAX),
    ]),
  );
}
