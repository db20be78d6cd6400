import type { FeedNode } from "./feed.ts";

type Member = (room: string, message: unknown) => void;

/** A node alone, as a feed sees it, but for what the test says. */
export function feedNode(but: Partial<FeedNode> = {}): FeedNode {
  const rooms = new Map<string, Set<Member>>();
  return {
    rooms: {
      join: (room, member) => void rooms.set(room, new Set(rooms.get(room)).add(member)),
      leave: (room, member) => void rooms.get(room)?.delete(member),
      broadcast: (room, message) => {
        for (const member of rooms.get(room) ?? []) member(room, message);
      },
    },
    list: () => [],
    monitor: () => () => {},
    serve: () => () => {},
    tellPeer: async () => [],
    recall: async () => ({ isTelling: true }),
    handOver: async () => undefined,
    ...but,
  };
}
