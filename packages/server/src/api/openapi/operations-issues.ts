import { Type } from "typebox";
import { created, data, type Operation, type Operations, ok, rows } from "./operation.ts";
import { pageOf } from "./shape.ts";
import { EventDetail, FoundEvent, RankedEvent, SavedSearch, Suggestion, TaggedEvent } from "./shapes-events.ts";
import { Activity, Affected, BulkResult, IssueDetail, ListedIssue, MergeResult } from "./shapes-issues.ts";

const SLOW = { 503: "The search took too long" };
const ILLEGAL = { 409: "The issue's status does not allow it" };
const act = (summary: string): Operation => ({ summary, answers: ok(Affected), refusals: ILLEGAL });

const SentEvent = { mediaType: "application/json", schema: Type.Unknown() };

export const ISSUES: Operations = {
  "GET /api/v1/projects/:project/issues": {
    summary: "Search issues",
    answers: ok(pageOf(ListedIssue)),
    refusals: SLOW,
  },
  "POST /api/v1/projects/:project/issues/bulk": {
    summary: "Change many issues at once",
    description:
      "By ids, or by a search for those that match now, the newest first. Each issue has a result of its own. `cursor` and `cursor_id` go on where the answer before ended.",
    answers: ok(BulkResult),
    refusals: SLOW,
  },
  "GET /api/v1/issues/:issue": {
    summary: "An issue",
    description: "By its id or short id, or that of an issue that was merged into it.",
    answers: ok(IssueDetail),
  },
  "GET /api/v1/issues/by-short-id/:shortId": { summary: "An issue by its short id", answers: ok(IssueDetail) },
  "GET /api/v1/issues/:issue/events": {
    summary: "Events of an issue, newest first",
    answers: ok(pageOf(FoundEvent)),
    refusals: SLOW,
  },
  "POST /api/v1/issues/:issue/resolve": act("Resolve an issue"),
  "POST /api/v1/issues/:issue/unresolve": act("Take a resolution or an archive back"),
  "POST /api/v1/issues/:issue/archive": act("Archive an issue"),
  "POST /api/v1/issues/:issue/discard": act("Discard an issue, and its events to come"),
  "POST /api/v1/issues/:issue/undiscard": act("Take a discard back"),
  "POST /api/v1/issues/:issue/delete": act("Delete an issue with its events"),
  "POST /api/v1/issues/:issue/assign": act("Assign an issue to a member, to a team, or to nobody"),
  "POST /api/v1/issues/:issue/priority": act("Set an issue's priority"),
  "GET /api/v1/issues/:issue/activity": {
    summary: "What happened to an issue, newest first",
    answers: ok(pageOf(Activity)),
  },
  "POST /api/v1/issues/:issue/comments": { summary: "Comment on an issue", answers: created(Activity) },
  "POST /api/v1/issues/:issue/comments/:comment": { summary: "Edit one's comment", answers: ok(Activity) },
  "POST /api/v1/issues/:issue/comments/:comment/delete": { summary: "Delete one's comment", answers: ok(Affected) },
  "POST /api/v1/issues/:issue/merge": {
    summary: "Merge other issues into this one",
    answers: ok(MergeResult),
    refusals: { 409: "They cannot be merged as they stand" },
  },
  "POST /api/v1/issues/:issue/unmerge": {
    summary: "Make issues of fingerprints that were merged",
    answers: ok(MergeResult),
    refusals: { 409: "They cannot be taken out as they stand" },
  },

  "GET /api/v1/projects/:project/search/suggest": {
    summary: "What could be typed next in a search",
    answers: data(Suggestion),
  },
  "GET /api/v1/saved-searches": { summary: "Saved searches", answers: ok(pageOf(SavedSearch)) },
  "POST /api/v1/saved-searches": {
    summary: "Save a search",
    answers: created(SavedSearch),
    refusals: { 409: "There are as many as an organization may have" },
  },
  "POST /api/v1/saved-searches/:search": { summary: "Change a saved search", answers: ok(SavedSearch) },
  "POST /api/v1/saved-searches/:search/delete": { summary: "Delete a saved search", answers: ok(Affected) },

  "GET /api/v1/events/:event": {
    summary: "An event",
    answers: ok(EventDetail),
  },
  "GET /api/v1/events/:event/payload": { summary: "An event as it was sent", answers: { 200: SentEvent } },
  "GET /api/v1/events/:event/json": { summary: "An event as it was sent, as a file", answers: { 200: SentEvent } },
  "GET /api/v1/events/:event/markdown": {
    summary: "An event as text, for a colleague or an agent",
    answers: { 200: { mediaType: "text/markdown", schema: Type.String() } },
  },
  "GET /api/v1/projects/:project/events": {
    summary: "Search events, newest first",
    answers: ok(pageOf(FoundEvent)),
    refusals: SLOW,
  },
  "GET /api/v1/projects/:project/events/search": {
    summary: "The best matches of words",
    answers: rows(RankedEvent),
    refusals: SLOW,
  },
  "GET /api/v1/projects/:project/events/tags": {
    summary: "Events with a tag, newest first",
    answers: rows(TaggedEvent),
    refusals: SLOW,
  },
};
