import { type Operations, ok, rows } from "./operation.ts";
import { Text } from "./shape.ts";
import {
  Account,
  Bucket,
  Health,
  IssueTag,
  LevelCount,
  ProjectOverview,
  ReleaseAdoption,
  TagCount,
  TopIssue,
  UsersAffected,
  VolumeBucket,
} from "./shapes-dashboards.ts";
import { EventSummary } from "./shapes-events.ts";

export const DASHBOARDS: Operations = {
  "GET /api/v1/overview": { summary: "All projects at a glance", answers: rows(ProjectOverview) },
  "GET /api/v1/projects/:project/dashboard/volume": {
    summary: "Events by hour or day and level",
    answers: rows(VolumeBucket),
  },
  "GET /api/v1/projects/:project/dashboard/levels": { summary: "Events by level", answers: rows(LevelCount) },
  "GET /api/v1/projects/:project/dashboard/top-issues": {
    summary: "Unresolved issues with the most events",
    answers: rows(TopIssue),
  },
  "GET /api/v1/projects/:project/dashboard/tags": {
    summary: "Events by the values of a tag",
    answers: rows(TagCount),
    refusals: { 404: "The tag is not counted" },
  },
  "GET /api/v1/projects/:project/dashboard/tag-keys": {
    summary: "Tags that can be broken down",
    answers: rows(Text),
  },
  "GET /api/v1/projects/:project/dashboard/health": { summary: "A project at a glance", answers: ok(Health) },
  "GET /api/v1/projects/:project/dashboard/users": { summary: "Users affected", answers: ok(UsersAffected) },
  "GET /api/v1/projects/:project/dashboard/releases": {
    summary: "Events by release",
    answers: rows(ReleaseAdoption),
  },
  "GET /api/v1/projects/:project/dashboard/account": { summary: "The loss account", answers: ok(Account) },
  "GET /api/v1/issues/:issue/timeline": { summary: "The newest events of an issue", answers: rows(EventSummary) },
  "GET /api/v1/issues/:issue/volume": { summary: "Events of an issue by hour or day", answers: rows(Bucket) },
  "GET /api/v1/issues/:issue/tags": { summary: "Tags of an issue's events", answers: rows(IssueTag) },
};
