/** The live feed put together: what is told goes in here, and comes out at every client that may listen. */
import type { AlertFired, IssueChanged, StreamChange } from "@mesher/protocol";
import type { IssueChange } from "../issues/issue-change.ts";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import type { Heartbeat } from "../runtime/web-sockets/keep-alive.ts";
import type { Upgrade } from "../runtime/web-sockets/offer-upgrades.ts";
import type { Verdicts } from "../search/stream-search.ts";
import { EventStreams } from "./event-streams.ts";
import { Feed, type FeedNode } from "./feed.ts";
import type { Seats } from "./seats.ts";
import { StreamDoor, type StreamDoorOptions } from "./stream-door.ts";
import { StreamSockets } from "./stream-sockets.ts";

export interface LiveOptions extends Omit<StreamDoorOptions, "seats"> {
  readonly node: FeedNode;
  readonly countUnresolved: (projectId: string) => Promise<number>;
  readonly seats: Seats;
  readonly heartbeat: Heartbeat;
  /** How often it is asked whether a client may still listen. */
  readonly recheckMs: number;
  /** A message was left out because its client did not keep up. */
  readonly onDropped: () => void;
  readonly log: Log;
}

export interface StoredChanges {
  readonly projectId: string;
  readonly changes: readonly StreamChange[];
  /** What its events match, of the searches that were watched when they were stored. */
  readonly verdicts?: Verdicts;
  /** Perhaps it was told, perhaps not; which of the project's events it is about is not known. */
  readonly isGap?: boolean;
}

export class Live {
  readonly feed: Feed;
  readonly sockets: StreamSockets;
  readonly eventStreams: EventStreams;
  /** Stopped before anything else: peers can still be asked, and clients are still here. */
  readonly handOver: Service;

  constructor(options: LiveOptions) {
    const { node, countUnresolved, heartbeat, recheckMs, onDropped, log } = options;
    this.feed = new Feed({ node, countUnresolved, log });
    this.handOver = { name: "live handover", start: async () => {}, stop: () => this.feed.handOver() };
    const door = new StreamDoor(options);
    const shared = { feed: this.feed, door, recheckMs, onDropped, log };
    this.sockets = new StreamSockets({ ...shared, heartbeat });
    this.eventStreams = new EventStreams({ ...shared, pingMs: heartbeat.pingMs });
  }

  /** Tells what a batch of stored events changed in a project. */
  tellStored({ projectId, changes, verdicts, isGap = false }: StoredChanges): void {
    if (isGap) this.feed.tellGap(projectId);
    this.feed.tell(projectId, changes, verdicts);
  }

  /** Tells what a person or a job did to an issue. After its transaction, once. */
  tellIssue({ projectId, issueId, action, actor, details }: IssueChange): void {
    const change: IssueChanged = {
      type: "issue",
      action,
      project_id: projectId,
      issue_id: issueId,
      actor: { kind: actor.kind, id: actor.id, name: actor.name },
      details,
    };
    this.feed.tell(projectId, [change]);
  }

  tellAlert(alert: Omit<AlertFired, "type">): void {
    this.feed.tell(alert.project_id, [{ type: "alert", ...alert }]);
  }

  /** `false`: the path is not one of a stream. */
  upgrade(upgrade: Upgrade): boolean {
    return this.sockets.upgrade(upgrade);
  }
}
