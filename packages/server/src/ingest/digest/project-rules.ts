/** What the projects of a batch decide about their events: read with every batch, put together when it has changed. */
import { INBOUND_FILTERS_DEFAULT, SCRUBBING_DEFAULT } from "@mesher/protocol";
import type { Queryable } from "../../db/database.ts";
import { type DigestSettings, listDigestSettings } from "../../organizations/project-settings.queries.ts";
import { createFilter, type EventFilter } from "../filter/filter-event.ts";
import { createScrubber, type Scrubber } from "../scrub/scrub-event.ts";

export interface ProjectRules {
  /** Somebody ended the project: its events are wanted no more. */
  readonly isRemoved: boolean;
  /** Of events that name none. */
  readonly defaultEnvironment?: string;
  /** Absent: nothing is scrubbed. */
  readonly scrub?: Scrubber;
  /** The address an event came from is no secret of anybody's. */
  readonly keepsClientIp: boolean;
  readonly filter: EventFilter;
}

/**
 * Of projects that nobody set anything for, and of those that are not known: events that waited while a database was restored
 * to before their project was made are not lost.
 */
export const DEFAULT_RULES: ProjectRules = {
  isRemoved: false,
  scrub: createScrubber(SCRUBBING_DEFAULT),
  keepsClientIp: true,
  filter: createFilter(INBOUND_FILTERS_DEFAULT),
};

const REMOVED: ProjectRules = { ...DEFAULT_RULES, isRemoved: true };

/** Projects whose rules are kept. Beyond it, those that were not needed for longest are put together again. */
const KEPT_MAX = 1_000;

export class RuleBook {
  readonly #database: Queryable;
  readonly #kept = new Map<string, { readonly revision: number; readonly rules: ProjectRules }>();

  constructor(database: Queryable) {
    this.#database = database;
  }

  /** As they are at this moment: a change counts from the next batch on, on whichever node it is digested. */
  async rulesOf(projectIds: readonly string[]): Promise<ReadonlyMap<string, ProjectRules>> {
    const known = projectIds.map((projectId) => ({ projectId, revision: this.#kept.get(projectId)?.revision ?? 0 }));
    const settings = await listDigestSettings(this.#database, known);
    return new Map(settings.map((each) => [each.projectId, this.#rulesBy(each)]));
  }

  #rulesBy({ projectId, isRemoved, revision, changed }: DigestSettings): ProjectRules {
    if (isRemoved) return REMOVED;
    const kept = this.#kept.get(projectId);
    const rules = changed === undefined ? (kept?.rules ?? DEFAULT_RULES) : compile(changed);
    this.#kept.delete(projectId);
    if (revision !== undefined) this.#kept.set(projectId, { revision, rules });
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
    return rules;
  }
}

function compile({ defaultEnvironment, filters, scrubbing }: NonNullable<DigestSettings["changed"]>): ProjectRules {
  return {
    isRemoved: false,
    ...(defaultEnvironment === null ? {} : { defaultEnvironment }),
    ...(scrubbing.enabled ? { scrub: createScrubber(scrubbing) } : {}),
    keepsClientIp: !(scrubbing.enabled && scrubbing.ip_addresses),
    filter: createFilter(filters),
  };
}
