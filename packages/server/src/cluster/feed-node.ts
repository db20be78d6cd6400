/** The node as the live feed uses it. Feeds ask each other by a process of their own, which is there as long as the feed. */
import type { ClusterNode, Data, NodeChange } from "@mesher/cluster";
import type { WatchedProject } from "../search/stream-search.ts";

const LIVE_FEED = "mesher_live_feed";

/** How long a peer may take to hear what is watched here. A client that begins to listen waits for it. */
const TELL_MS_MAX = 1_000;

/** How long a peer may take to say what was told before. A client that begins to listen waits for it. */
const RECALL_MS_MAX = 2_000;

/** What a feed is asked by its peers; see there. */
interface FeedAnswers {
  hearInterest(peer: string, watched: readonly WatchedProject[], reason: string): unknown;
  answerRecall(peer: string, projectId: string, isAll: boolean): unknown;
  takeOver(watched: readonly WatchedProject[]): Promise<void>;
}

export function feedNodeOf(node: ClusterNode) {
  const ask = (peer: string, message: Data, deadlineMs: number) =>
    node.call({ name: LIVE_FEED, node: peer }, message, { deadlineMs });
  return {
    rooms: node.rooms,
    list: () => node.list(),
    monitor: (listener: (change: NodeChange) => void) => node.monitor(listener),
    serve: (answers: FeedAnswers) => {
      const address = node.open((message, from) => answer(answers, message, from));
      node.processes.register(LIVE_FEED, address);
      return () => node.processes.close(address);
    },
    tellPeer: async (peer: string, watched: readonly WatchedProject[], reason: string) => {
      const message = { kind: "watch", watched: watched as unknown as Data, reason };
      return parseWatched(await ask(peer, message, TELL_MS_MAX));
    },
    recall: (peer: string, projectId: string, isAll: boolean) =>
      ask(peer, { kind: "recall", projectId, isAll }, RECALL_MS_MAX),
    handOver: (peer: string, watched: readonly WatchedProject[], deadlineMs: number) =>
      ask(peer, { kind: "hand-over", watched: watched as unknown as Data }, deadlineMs),
  };
}

function answer(answers: FeedAnswers, message: unknown, peer: string): unknown {
  const { kind, watched, reason, projectId, isAll } = (message ?? {}) as Record<string, unknown>;
  if (kind === "watch") return answers.hearInterest(peer, parseWatched(watched), String(reason));
  if (kind === "recall" && typeof projectId === "string") return answers.answerRecall(peer, projectId, isAll === true);
  if (kind === "hand-over") return answers.takeOver(parseWatched(watched));
  throw new TypeError("a live feed does not know what is asked of it");
}

/** What came from a node that has the cookie; one of another version may say something else. */
function parseWatched(given: unknown): WatchedProject[] {
  if (!Array.isArray(given)) return [];
  return given.flatMap((each: unknown) => {
    const { projectId, searches } = (each ?? {}) as Partial<Record<keyof WatchedProject, unknown>>;
    if (typeof projectId !== "string" || !Array.isArray(searches)) return [];
    return [{ projectId, searches: searches.filter((search) => typeof search === "string") }];
  });
}
