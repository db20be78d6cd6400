/**
 * What one node tells all nodes, itself included: that a key was revoked, a setting changed. A node that is out of contact
 * misses it, so whoever relies on one also looks for itself now and then.
 */
export interface Announcements {
  /** `message` is what JSON can say. Reaches listeners of this node before it returns. */
  announce(topic: string, message: AnnouncedMessage): void;
  /** Gives back how to stop listening. */
  on(topic: string, listener: (message: AnnouncedMessage) => void): () => void;
}

export type AnnouncedMessage = { readonly [key: string]: string | number | boolean | null };
