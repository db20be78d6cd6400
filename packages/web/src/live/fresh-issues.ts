/** What is on screen of a project's issues, events, counts and alerts is as it is now, by what the project's feed tells. */
import type { ApiIssueDetail, StreamMessage } from "@mesher/protocol";
import type { Query, QueryClient, QueryKey } from "@tanstack/react-query";
import type { IssueFilter } from "../issues/issues-search.ts";
import { toast } from "../ui/toasts.tsx";
import { addNews, type IssueNews, type IssuePages, type News, pagesWithNews, withNews } from "./issue-news.ts";
import { Rereading, waitMs } from "./rereading.ts";

/** Messages come in bursts; what they say is taken up once for all of a moment. */
const GATHER_MS = 500;
/** What events of issues that are not loaded have changed is read at most so often. */
const READ_LISTS_EVERY_MS = 3_000;
/** So are events and what is counted of them: rarer, the more pages of a list are on screen. */
const READ_EVENTS_EVERY_MS = 3_000;
/** The panels of a dashboard, of which there are many: at once after a quiet time, and no more often than this where it never is quiet. */
const READ_COUNTS_EVERY_MS = 10_000;
/** Alerts that fire one after the other. */
const READ_ALERTS_EVERY_MS = 3_000;
const HOUR_MS = 3_600_000;
/** Queries by what their keys begin with: of one issue, what its events change, and what people change too. */
const EVENTS_OF_ISSUE = ["issue-events", "issue-tags", "issue-volume"];
const ALERTS = ["alerts", "alert-rules"];
const ALL_OF_ISSUE = ["issue", "activity", ...EVENTS_OF_ISSUE];

type IsMeant = (key: QueryKey, data: unknown) => boolean;

/** Takes up what a project's feed tells. */
export class FreshIssues {
  readonly #queries: QueryClient;
  readonly #projectSlug: string;
  readonly #news = new Map<string, IssueNews>();
  /** To be read again: issues of which more has changed than a count. */
  readonly #changedIds = new Set<string>();
  /** Issues whose events are to be read again. */
  readonly #busyIds = new Set<string>();
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #readingLists: ReturnType<typeof setTimeout> | undefined;
  readonly #counts = new Rereading(() => this.#reread(([of, project]) => of === "dashboard" && this.#isOurs(project)));
  readonly #alerts = new Rereading(() =>
    this.#reread(([of, project]) => ALERTS.includes(String(of)) && this.#isOurs(project)),
  );
  #readingEvents: ReturnType<typeof setTimeout> | undefined;
  #listsReadAtMs = 0;
  #eventsReadAtMs = 0;
  #isStopped = false;

  constructor(queries: QueryClient, projectSlug: string) {
    this.#queries = queries;
    this.#projectSlug = projectSlug;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#gathering);
    clearTimeout(this.#readingLists);
    clearTimeout(this.#readingEvents);
    this.#counts.stop();
    this.#alerts.stop();
  }

  hear(message: StreamMessage): void {
    if (message.type === "event") addNews(this.#news, message);
    else if (message.type === "issue") this.#changedIds.add(message.issue_id);
    else {
      if (message.type === "alert") {
        toast(`Alert: ${message.rule_name}`);
        this.#alerts.soon(READ_ALERTS_EVERY_MS);
      }
      // What was read before there was a feed may have changed since; and what it left out, too.
      const mayMiss = message.type === "gap" || message.type === "dropped";
      if (mayMiss || (message.type === "subscribed" && message.start !== "resumed")) this.readAll();
      return;
    }
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#takeUp();
    }, GATHER_MS);
  }

  /** All that is on screen of the project. */
  readAll(): void {
    this.#counts.soon(READ_COUNTS_EVERY_MS);
    this.#alerts.soon(READ_ALERTS_EVERY_MS);
    this.#listsReadAtMs = this.#eventsReadAtMs = Date.now();
    this.#readAgain(
      ([of, project]) =>
        ALL_OF_ISSUE.includes(String(of)) || this.#isList(of, project) || this.#isEventList(of, project),
    );
  }

  #takeUp(): void {
    this.#counts.soon(READ_COUNTS_EVERY_MS);
    const hasUnknown = showNews(this.#queries, this.#projectSlug, this.#news);
    if (this.#changedIds.size > 0) {
      const ids = this.#changedIds;
      this.#readAgain(([of, id], data) =>
        // An address names an issue by its short id or by its id.
        of === "issue"
          ? ids.has((data as ApiIssueDetail | undefined)?.id ?? String(id))
          : ALL_OF_ISSUE.includes(String(of)) && ids.has(String(id)),
      );
      this.#readLists();
    } else if (hasUnknown) {
      this.#readingLists ??= setTimeout(() => this.#readLists(), waitMs(this.#listsReadAtMs, READ_LISTS_EVERY_MS));
    }
    for (const issueId of this.#news.keys()) this.#busyIds.add(issueId);
    if (this.#busyIds.size > 0) {
      const pages = this.#eventQueries().map(
        ({ state }) => (state.data as Partial<IssuePages> | undefined)?.pages?.length,
      );
      const everyMs = READ_EVENTS_EVERY_MS * Math.max(1, ...pages.map((count) => count ?? 1));
      this.#readingEvents ??= setTimeout(() => this.#readEvents(), waitMs(this.#eventsReadAtMs, everyMs));
    }
    this.#news.clear();
    this.#changedIds.clear();
  }

  #readLists(): void {
    clearTimeout(this.#readingLists);
    this.#readingLists = undefined;
    this.#listsReadAtMs = Date.now();
    this.#readAgain(([of, project]) => this.#isList(of, project));
  }

  #readEvents(): void {
    this.#eventsReadAtMs = Date.now();
    // What is on its way already may have left before the event came.
    const isOnItsWay = this.#eventQueries().some(({ state }) => state.fetchStatus === "fetching");
    void this.#invalidate(([of, id]) => this.#isBusy(of, id));
    this.#readingEvents = isOnItsWay ? setTimeout(() => this.#readEvents(), READ_EVENTS_EVERY_MS) : undefined;
    if (!isOnItsWay) this.#busyIds.clear();
  }

  #isBusy(of: unknown, id: unknown): boolean {
    return this.#isEventList(of, id) || (EVENTS_OF_ISSUE.includes(String(of)) && this.#busyIds.has(String(id)));
  }

  /** Those on screen that are to be read again. */
  #eventQueries(): readonly Query[] {
    const predicate = ({ queryKey: [of, id] }: Query) => this.#isBusy(of, id);
    return this.#queries.getQueryCache().findAll({ type: "active", predicate });
  }

  /** Returns whether some were on their way already, and may have left before what they are read again for. */
  #reread(isMeant: (key: QueryKey) => boolean): boolean {
    const predicate = ({ queryKey }: Query) => isMeant(queryKey);
    const isOnItsWay = this.#queries.isFetching({ predicate }) > 0;
    void this.#invalidate(isMeant);
    return isOnItsWay;
  }

  #isOurs(project: unknown): boolean {
    return project === this.#projectSlug;
  }

  #isEventList(of: unknown, project: unknown): boolean {
    return of === "project-events" && project === this.#projectSlug;
  }

  #isList(of: unknown, project: unknown): boolean {
    return (of === "issues" || of === "has-issues") && project === this.#projectSlug;
  }

  /** What is on its way already may have left before what it is read for: when it is here, it is read once more. */
  #readAgain(isMeant: IsMeant): void {
    const predicate = ({ queryKey, state }: Query) => isMeant(queryKey, state.data);
    const filters = { predicate, type: "active", fetchStatus: "fetching" } as const;
    const onTheirWay = new Set(this.#queries.getQueryCache().findAll(filters));
    const arrival = this.#invalidate(isMeant);
    if (onTheirWay.size === 0) return;
    const readOnceMore = () =>
      this.#queries.invalidateQueries({ predicate: (query) => onTheirWay.has(query) }, { cancelRefetch: false });
    void arrival.then(() => (this.#isStopped ? undefined : readOnceMore()));
  }

  #invalidate(isMeant: IsMeant): Promise<void> {
    const predicate = ({ queryKey, state }: Query) => isMeant(queryKey, state.data);
    return this.#queries.invalidateQueries({ predicate }, { cancelRefetch: false });
  }
}

/** Writes what is known into what is on screen. Returns whether a list may have to change by more than that. */
function showNews(queries: QueryClient, projectSlug: string, news: News): boolean {
  for (const { queryKey, state } of queries.getQueryCache().findAll({ queryKey: ["issue"] })) {
    const issue = state.data as ApiIssueDetail | undefined;
    const latest = issue && news.get(issue.id);
    if (issue === undefined || latest === undefined || latest.eventCount < issue.event_count) continue;
    const now = { ...withNews(issue, news), latest_event_id: latest.latestEventId };
    // All else that is known of it is as old as it was.
    queries.setQueryData(queryKey, now, { updatedAt: state.dataUpdatedAt });
  }
  let hasUnknown = false;
  for (const query of queries.getQueryCache().findAll({ queryKey: ["issues", projectSlug], type: "active" })) {
    const list = query.state.data as IssuePages | undefined;
    if (list === undefined) continue;
    const { sort } = query.queryKey[2] as IssueFilter;
    const { dataUpdatedAt } = query.state;
    const known = new Set(list.pages.flatMap(({ data }) => data.map(({ id }) => id)));
    // By a new hour all small charts have moved on.
    const isOlder = Math.floor(dataUpdatedAt / HOUR_MS) < Math.floor(Date.now() / HOUR_MS);
    hasUnknown ||= isOlder || [...news.keys()].some((id) => !known.has(id));
    queries.setQueryData(query.queryKey, pagesWithNews(list, news, sort), { updatedAt: dataUpdatedAt });
  }
  return hasUnknown;
}
