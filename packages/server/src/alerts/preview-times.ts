/** When a rule would have fired. Pure; all lists are in the order of time. */
import type { CooldownScope } from "@mesher/protocol";
import { isBreached, type ProjectCondition, type SeenCondition } from "./conditions.ts";
import { MINUTE_MS } from "./event-minutes.queries.ts";

/** A moment at which a condition held. */
export interface Breach {
  readonly atMs: number;
  readonly value: number | null;
  readonly issueId: string | null;
}

export interface Cooldown {
  readonly minutes: number;
  readonly scope: CooldownScope;
}

/** Those breaches that come when no cooldown holds them back. */
export function firingsOf(breaches: readonly Breach[], { minutes, scope }: Cooldown): Breach[] {
  const lastMs = new Map<string | null, number>();
  return breaches.filter(({ atMs, issueId }) => {
    const key = scope === "issue" ? issueId : null;
    const before = lastMs.get(key);
    if (before !== undefined && atMs - before < minutes * MINUTE_MS) return false;
    lastMs.set(key, atMs);
    return true;
  });
}

/** Events by the start of their minute. Minutes without events may be left out. */
export type MinuteSeries = ReadonlyMap<number, number>;

/** Looks at the end of every minute from the one after `fromMs` to `toMs`, both starts of minutes. */
export function breachesOfProject(
  condition: ProjectCondition,
  series: MinuteSeries,
  fromMs: number,
  toMs: number,
): Breach[] {
  const windowMs = condition.window_minutes * MINUTE_MS;
  const breaches: Breach[] = [];
  let count = 0;
  let previous = 0;
  // Long enough before that both windows are full at the first look.
  for (let atMs = fromMs - 2 * windowMs; atMs <= toMs; atMs += MINUTE_MS) {
    count += (series.get(atMs - MINUTE_MS) ?? 0) - (series.get(atMs - MINUTE_MS - windowMs) ?? 0);
    previous += (series.get(atMs - MINUTE_MS - windowMs) ?? 0) - (series.get(atMs - MINUTE_MS - 2 * windowMs) ?? 0);
    if (atMs > fromMs && isBreached(condition, { count, previous }))
      breaches.push({ atMs, value: count, issueId: null });
  }
  return breaches;
}

export interface SeenEvent {
  readonly issueId: string;
  readonly receivedAtMs: number;
  /** Null: the SDK did not say. */
  readonly user: string | null;
}

/** Looks whenever an event comes. */
export function breachesOfIssues(condition: SeenCondition, events: readonly SeenEvent[], fromMs: number): Breach[] {
  const windowMs = condition.window_minutes * MINUTE_MS;
  const isOfUsers = condition.condition_type === "issue_users";
  const windows = new Map<string, IssueWindow>();
  const breaches: Breach[] = [];
  for (const event of events) {
    const window = windows.get(event.issueId) ?? new IssueWindow();
    windows.set(event.issueId, window);
    window.add(event, event.receivedAtMs - windowMs);
    const value = isOfUsers ? window.users : window.events;
    if (value > condition.threshold && event.receivedAtMs > fromMs)
      breaches.push({ atMs: event.receivedAtMs, value, issueId: event.issueId });
  }
  return breaches;
}

/** The events of one issue that are young enough. */
class IssueWindow {
  readonly #events: SeenEvent[] = [];
  readonly #users = new Map<string, number>();
  #first = 0;

  add(event: SeenEvent, sinceMs: number): void {
    this.#events.push(event);
    this.#count(event.user, 1);
    for (let first = this.#events[this.#first]; first !== undefined && first.receivedAtMs < sinceMs; ) {
      this.#count(first.user, -1);
      this.#first += 1;
      first = this.#events[this.#first];
    }
  }

  get events(): number {
    return this.#events.length - this.#first;
  }

  get users(): number {
    return this.#users.size;
  }

  #count(user: string | null, by: 1 | -1): void {
    if (user === null) return;
    const count = (this.#users.get(user) ?? 0) + by;
    if (count === 0) this.#users.delete(user);
    else this.#users.set(user, count);
  }
}
