import type { ClusterNode } from "@mesher/cluster";
import type { AnnouncedMessage, Announcements } from "../runtime/announcements.ts";

/** Announcements over the rooms of the cluster, a room a topic. */
export function announcementsOf({ rooms }: ClusterNode): Announcements {
  return {
    announce: (topic, message) => rooms.broadcast(roomOf(topic), message),
    on: (topic, listener) => {
      const member = (_room: string, message: unknown) => listener(message as AnnouncedMessage);
      rooms.join(roomOf(topic), member);
      return () => rooms.leave(roomOf(topic), member);
    },
  };
}

const roomOf = (topic: string) => `announcements:${topic}`;
