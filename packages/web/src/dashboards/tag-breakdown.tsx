import type { ApiTagCount } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { tagKeysQuery, tagQuery } from "../api/dashboard-queries.ts";
import type { Span } from "../charts/buckets.ts";
import type { RangeQuery } from "./dashboard-search.ts";
import { searchOfLevel, searchOfTag } from "./issue-search-of.ts";
import { Panel } from "./panel.tsx";
import { type ShareRow, ShareRows } from "./share-rows.tsx";

/** The tag that is shown if nobody has chosen one. */
export const DEFAULT_KEY = "environment";

interface TagBreakdownProps {
  readonly projectSlug: string;
  readonly range: RangeQuery;
  readonly chosen: string | undefined;
  /** Events of the range. */
  readonly total: number | undefined;
  readonly span: Span | undefined;
}

/** Which values of a tag the events have. */
export function TagBreakdown({ projectSlug, range, chosen = DEFAULT_KEY, total, span }: TagBreakdownProps) {
  const navigate = useNavigate({ from: "/projects/$slug/dashboard" });
  const keys = useQuery(tagKeysQuery(projectSlug)).data ?? [];
  const tag = useQuery(tagQuery(projectSlug, range, chosen));
  const choose = (key: string) =>
    void navigate({
      search: (before) => ({ ...before, tag: key === DEFAULT_KEY ? undefined : key }),
      replace: true,
      resetScroll: false,
    });
  return (
    <Panel
      title="Events by tag"
      aside={
        <select
          aria-label="Tag"
          value={chosen}
          onChange={({ target }) => choose(target.value)}
          className="h-7 max-w-48 rounded-md border border-edge bg-bg px-1.5 text-xs"
        >
          {/* One from an old address may no longer be counted; the panel says so. */}
          {(keys.includes(chosen) ? keys : [chosen, ...keys]).map((key) => (
            <option key={key}>{key}</option>
          ))}
        </select>
      }
      query={tag}
      height="min-h-40"
      isEmpty={(values) => values.length === 0}
      empty="There was no event in this time."
    >
      {(values) => (
        <ShareRows
          label={`Events by ${chosen}`}
          rows={values.map((value) => rowOf(value, { projectSlug, key: chosen, span }))}
          total={total ?? values.reduce((sum, { count }) => sum + count, 0)}
        />
      )}
    </Panel>
  );
}

interface Place {
  readonly projectSlug: string;
  readonly key: string;
  readonly span: Span | undefined;
}

function rowOf({ value, count, kind }: ApiTagCount, { projectSlug, key, span }: Place): ShareRow {
  if (value === null) {
    const name = kind === "none" ? `no ${key}` : "other values";
    return { key: kind, name: <span className="text-dim italic">{name}</span>, count, color: "var(--color-raised)" };
  }
  return {
    key: `value ${value}`,
    name: (
      <Link
        to="/projects/$slug"
        params={{ slug: projectSlug }}
        search={{ status: "all", query: key === "level" ? searchOfLevel(value, span) : searchOfTag(key, value, span) }}
        title={`Issues with ${key} ${value}`}
        className="rounded hover:underline"
      >
        {value}
      </Link>
    ),
    count,
  };
}
