import type { Category } from "@mesher/protocol";
import type { UserHash } from "../../dashboards/user-sketch.ts";
import type { NewEvent } from "../../events/events.queries.ts";

/** An event ready to be stored: all but the id of its issue. */
export interface DigestedEvent extends Omit<NewEvent, "issueId" | "placedBy"> {
  readonly culprit: string;
  readonly category: Category;
  readonly platform: string;
  /** What `tagsJson` holds. */
  readonly tags: Readonly<Record<string, string>>;
  /** Whom it happened to. */
  readonly user: UserHash | undefined;
  /** The newest grouping version's first. The event joins the issue of the first that has one. */
  readonly fingerprints: readonly [string, ...string[]];
}
