/** What happened to an issue: told once, after its transaction, to whoever wants to know. */
import type { IssueAction } from "@mesher/protocol";

/** Who did it. `system`: nobody; it came by itself. */
export interface IssueActor {
  readonly kind: "user" | "token" | "system";
  /** Of the user or token; `null`: the system, or the server's own token. */
  readonly id: string | null;
  readonly name: string;
}

export const SYSTEM: IssueActor = { kind: "system", id: null, name: "Mesher" };

export interface IssueChange {
  readonly projectId: string;
  readonly issueId: string;
  readonly action: IssueAction;
  readonly actor: IssueActor;
  /** As the activity keeps them: the terms of a resolution, who was assigned, … */
  readonly details: Readonly<Record<string, unknown>>;
}
