import type { Category } from "@mesher/protocol";
import type { NewEvent } from "../../events/events.queries.ts";

/** An event ready to be stored: all but the id of its issue. */
export interface DigestedEvent extends Omit<NewEvent, "issueId" | "placedBy"> {
  readonly culprit: string;
  readonly category: Category;
  readonly platform: string;
  /** The newest grouping version's first. The event joins the issue of the first that has one. */
  readonly fingerprints: readonly [string, ...string[]];
}
