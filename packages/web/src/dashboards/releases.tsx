import type { ApiReleaseAdoption } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import type { Span } from "../charts/buckets.ts";
import { RelativeTime } from "../ui/relative-time.tsx";
import { searchOfTag } from "./issue-search-of.ts";
import { ShareRows } from "./share-rows.tsx";

/** How far each release has spread, by its events. */
export function Releases(props: {
  releases: readonly ApiReleaseAdoption[];
  projectSlug: string;
  span: Span | undefined;
}) {
  const { releases, projectSlug, span } = props;
  // The server divides by all events, those without a release among them.
  const [first] = releases;
  const total = first === undefined || first.share === 0 ? 0 : Math.round(first.count / first.share);
  return (
    <ShareRows
      label="Events by release"
      total={total}
      rows={releases.map(({ release, count, first_seen }) => ({
        key: release,
        count,
        name: (
          <>
            <Link
              to="/projects/$slug"
              params={{ slug: projectSlug }}
              search={{ status: "all", query: searchOfTag("release", release, span) }}
              className="rounded font-mono text-xs hover:underline"
            >
              {release}
            </Link>
            {first_seen !== null && (
              <span className="ml-2 text-xs text-dim">
                first seen <RelativeTime at={first_seen} />
              </span>
            )}
          </>
        ),
      }))}
    />
  );
}
