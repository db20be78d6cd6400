/** What happened in the cluster between two looks at it, in words. Pure. */
import type { ApiCluster, ApiClusterNode } from "@mesher/protocol";
import { shortName } from "./short-name.ts";

export type ChangeKind = "good" | "bad" | "neutral";

export interface ClusterChange {
  readonly kind: ChangeKind;
  readonly text: string;
}

export function changesBetween(before: ApiCluster, after: ApiCluster): ClusterChange[] {
  return [...changesOfNodes(before, after), ...changeOfLeader(before, after), ...changesOfHelp(before, after)];
}

function changesOfNodes(before: ApiCluster, after: ApiCluster): ClusterChange[] {
  const known = new Map(before.nodes.map((node) => [node.name, node]));
  const there = new Set(after.nodes.map(({ name }) => name));
  return [
    ...after.nodes.flatMap((node) => changeOfNode(known.get(node.name), node)),
    ...before.nodes
      .filter(({ name }) => !there.has(name))
      .map(({ name }): ClusterChange => ({ kind: "neutral", text: `${shortName(name)} is forgotten` })),
  ];
}

function changeOfNode(before: ApiClusterNode | undefined, { name, status, incarnation, reason }: ApiClusterNode) {
  const who = shortName(name);
  if (before === undefined) return [say(status === "alive" ? "good" : "neutral", `${who} joined`)];
  if (before.status !== status) return [STATUS_CHANGE[status](who, reason)];
  return before.incarnation === incarnation ? [] : [say("good", `${who} started anew`)];
}

const say = (kind: ChangeKind, text: string): ClusterChange => ({ kind, text });

const STATUS_CHANGE: Readonly<Record<ApiClusterNode["status"], (who: string, reason: string | null) => ClusterChange>> =
  {
    alive: (who) => say("good", `${who} is back`),
    dead: (who, reason) => say("bad", reason === null ? `${who} is dead` : `${who} is dead: ${reason}`),
    left: (who) => say("neutral", `${who} left`),
  };

function changeOfLeader({ leader: before }: ApiCluster, { leader: after }: ApiCluster): ClusterChange[] {
  if (before === after) return [];
  return [after === null ? say("bad", "nobody leads") : say("neutral", `${shortName(after)} leads`)];
}

function changesOfHelp(before: ApiCluster, after: ApiCluster): ClusterChange[] {
  const had = new Set(before.offload.helpers.map(({ node }) => node));
  const has = new Set(after.offload.helpers.map(({ node }) => node));
  return [
    ...[...has].filter((node) => !had.has(node)).map((node) => say("neutral", `${shortName(node)} helps with storing`)),
    ...[...had].filter((node) => !has.has(node)).map((node) => say("neutral", `${shortName(node)} helps no more`)),
  ];
}
