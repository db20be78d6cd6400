import type { IssueActor } from "../issues/issue-change.ts";
import type { Actor } from "../organizations/access.ts";

/** As the activity of an issue names who did something. */
export function actorOf({ kind, userId, tokenId, name }: Actor): IssueActor {
  return kind === "person" ? { kind: "user", id: userId ?? null, name } : { kind, id: tokenId ?? null, name };
}
