import type { ApiIssueDetail } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import { useMerge, useTakeOut } from "../api/merge-commands.ts";
import { Button } from "../ui/button.tsx";
import { Section } from "../ui/section.tsx";

/** Issues that may be the same, to look at or to merge into this one. */
export function SimilarIssues({ issue }: { issue: ApiIssueDetail }) {
  const merge = useMerge();
  if (issue.similar_issues.length === 0) return null;
  return (
    <Section title="Similar issues">
      <ul aria-label="Similar issues" className="divide-y rounded-lg border">
        {issue.similar_issues.map((similar) => (
          <li key={similar.id} className="flex items-center gap-2 py-1 pr-1 pl-2.5">
            <Link
              to="/issues/$issueId"
              params={{ issueId: similar.short_id }}
              title={similar.title}
              className="min-w-0 grow truncate rounded text-dim hover:text-ink"
            >
              {similar.title}
            </Link>
            <span className="shrink-0 text-xs text-faint tabular-nums">{Math.round(similar.likeness * 100)} %</span>
            <Button
              disabled={merge.isPending}
              aria-label={`Merge ${similar.short_id} into ${issue.short_id}`}
              onClick={() => merge.mutate({ into: issue, issues: [similar] })}
            >
              Merge
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What was merged into the issue, to be taken out again. */
export function MergedIssues({ issue }: { issue: ApiIssueDetail }) {
  const takeOut = useTakeOut();
  const merged = issue.fingerprints.filter(({ merged_from }) => merged_from !== null);
  if (merged.length === 0) return null;
  return (
    <Section title="Merged into it">
      <ul aria-label="Merged issues" className="divide-y rounded-lg border">
        {merged.map(({ fingerprint, merged_from, event_count }) => (
          <li key={fingerprint} className="flex items-center gap-2 py-1 pr-1 pl-2.5">
            <span className="min-w-0 grow truncate text-dim" title={merged_from?.title}>
              {merged_from?.title}
            </span>
            {event_count !== null && <span className="shrink-0 text-xs text-faint tabular-nums">{event_count}</span>}
            <Button
              className="shrink-0 whitespace-nowrap"
              disabled={takeOut.isPending}
              aria-label={`Take ${merged_from?.short_id} out`}
              onClick={() =>
                takeOut.mutate({
                  of: issue,
                  fingerprints: [fingerprint],
                  issues: merged_from === null ? [] : [merged_from],
                })
              }
            >
              Take out
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
