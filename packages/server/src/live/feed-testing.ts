import type { FeedAnswers, FeedNode } from "./feed.ts";

type Member = (room: string, message: unknown) => void;

/** A node alone, as a feed sees it, but for what the test says. */
export function feedNode(but: Partial<FeedNode> = {}): FeedNode {
  return {
    rooms: roomsThatPassOn(() => {}).rooms,
    list: () => [],
    monitor: () => () => {},
    serve: () => () => {},
    tellPeer: async () => [],
    recall: async () => ({ isTelling: true }),
    handOver: async () => undefined,
    ...but,
  };
}

/** Two nodes of a cluster. `passes`: whether the other one gets a broadcast. */
export function feedNodes(passes: (message: unknown) => boolean): readonly [FeedNode, FeedNode] {
  const feeds = new Map<string, FeedAnswers>();
  const deliver = new Map<string, Member>();
  const nodeOf = (self: string, peer: string) => {
    const { rooms, deliverHere } = roomsThatPassOn((room, message) => {
      if (passes(message)) deliver.get(peer)?.(room, JSON.parse(JSON.stringify(message)));
    });
    deliver.set(self, deliverHere);
    return feedNode({
      rooms,
      list: () => [peer],
      serve: (answers) => {
        feeds.set(self, answers);
        return () => void feeds.delete(self);
      },
      tellPeer: async (_peer, watched, reason) => (await answersOf(peer)).hearInterest(self, watched, reason),
      recall: async (_peer, projectId, isAll) => (await answersOf(peer)).answerRecall(self, projectId, isAll),
    });
  };
  const answersOf = async (name: string) => {
    // Nodes that start at once can be asked as soon as both have begun.
    await new Promise((resolve) => setImmediate(resolve));
    const answers = feeds.get(name);
    if (answers === undefined) throw new Error(`${name} cannot be asked`);
    return answers;
  };
  return [nodeOf("a", "b"), nodeOf("b", "a")];
}

function roomsThatPassOn(passOn: Member): { readonly rooms: FeedNode["rooms"]; readonly deliverHere: Member } {
  const members = new Map<string, Set<Member>>();
  const deliverHere: Member = (room, message) => {
    for (const member of members.get(room) ?? []) member(room, message);
  };
  const rooms: FeedNode["rooms"] = {
    join: (room, member) => void members.set(room, new Set(members.get(room)).add(member)),
    leave: (room, member) => void members.get(room)?.delete(member),
    broadcast: (room, message) => {
      deliverHere(room, message);
      passOn(room, message);
    },
  };
  return { rooms, deliverHere };
}
