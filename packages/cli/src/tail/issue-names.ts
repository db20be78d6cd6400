import { CommandError } from "../command.ts";
import { fetchIssue } from "../issues/issue-access.ts";
import type { ServerAccess } from "../server-access.ts";

/** Names that are kept; the one that was not needed for the longest time goes first. */
const NAMES_MAX = 10_000;

/** The short ids of issues, each asked for once: a stream tells of issues by their ids alone. */
export class IssueNames {
  readonly #access: ServerAccess;
  readonly #names = new Map<string, string>();

  constructor(access: ServerAccess) {
    this.#access = access;
  }

  /** The id itself where the server tells no better: the issue is gone, or the server is away. */
  async nameOf(issueId: string): Promise<string> {
    const name = this.#names.get(issueId) ?? (await this.#ask(issueId));
    if (name === undefined) return issueId;
    this.#names.delete(issueId);
    this.#names.set(issueId, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > NAMES_MAX && oldest !== undefined) this.#names.delete(oldest);
    return name;
  }

  async #ask(issueId: string): Promise<string | undefined> {
    try {
      return (await fetchIssue(this.#access, issueId)).short_id;
    } catch (error) {
      if (error instanceof CommandError) return undefined;
      throw error;
    }
  }
}
