/** What has become of every peer that this node ever had. */
import type { PeerInfo } from "./mesh-options.ts";

export type MemberStatus = "alive" | "dead" | "left";

export interface MemberState {
  readonly name: string;
  readonly status: MemberStatus;
  /** Of this status. */
  readonly since: Date;
  readonly incarnation: string;
  readonly version: string;
  /** How its last session ended; absent while it is alive. */
  readonly reason?: string;
}

/** Members that are gone are remembered; the one gone longest is forgotten. */
const MEMBERS_MAX = 256;

export class Membership {
  readonly #members = new Map<string, MemberState>();

  /** Sorted by name. */
  list(): MemberState[] {
    return [...this.#members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  alive(): string[] {
    return this.list().flatMap(({ name, status }) => (status === "alive" ? [name] : []));
  }

  isAlive(name: string): boolean {
    return this.#members.get(name)?.status === "alive";
  }

  up({ name, incarnation, version }: PeerInfo): void {
    this.#set({ name, status: "alive", since: new Date(), incarnation, version });
  }

  down(name: string, status: "dead" | "left", reason: string): void {
    const member = this.#members.get(name);
    if (member !== undefined) this.#set({ ...member, status, since: new Date(), reason });
  }

  #set(member: MemberState): void {
    this.#members.delete(member.name);
    this.#members.set(member.name, member);
    if (this.#members.size <= MEMBERS_MAX) return;
    const longestGone = [...this.#members.values()].find(({ status }) => status !== "alive");
    if (longestGone !== undefined) this.#members.delete(longestGone.name);
  }
}
