import type { IssueActor } from "../issues/issue-change.ts";
import type { Actor } from "../organizations/access.ts";

/** As the activity of an issue names who did something. */
export function actorOf(actor: Actor): IssueActor {
  return {
    kind: actor.kind === "person" ? "user" : "token",
    id: actor.userId ?? null,
    name: actor.kind === "person" ? "a member" : "an API token",
  };
}
