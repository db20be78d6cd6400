import type { ApiIssueDetail, ApiMergeResult } from "@mesher/protocol";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sendJson } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { FormError } from "../ui/field.tsx";
import { Section } from "../ui/section.tsx";
import { toast } from "../ui/toasts.tsx";

/** Issues that may be the same, to look at or to merge into this one. */
export function SimilarIssues({ issue }: { issue: ApiIssueDetail }) {
  const { run, isPending, error } = useMerging(issue);
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
              disabled={isPending}
              aria-label={`Merge ${similar.short_id} into ${issue.short_id}`}
              onClick={() => run({ do: "merge", id: similar.id, shortId: similar.short_id })}
            >
              Merge
            </Button>
          </li>
        ))}
      </ul>
      <FormError error={error} />
    </Section>
  );
}

/** What was merged into the issue, to be taken out again. */
export function MergedIssues({ issue }: { issue: ApiIssueDetail }) {
  const { run, isPending, error } = useMerging(issue);
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
              disabled={isPending}
              aria-label={`Take ${merged_from?.short_id} out`}
              onClick={() => run({ do: "unmerge", fingerprint, shortId: merged_from?.short_id ?? "" })}
            >
              Take out
            </Button>
          </li>
        ))}
      </ul>
      <FormError error={error} />
    </Section>
  );
}

type MergeOrder =
  | { readonly do: "merge"; readonly id: string; readonly shortId: string }
  | { readonly do: "unmerge"; readonly fingerprint: string; readonly shortId: string };

function useMerging(issue: ApiIssueDetail) {
  const queries = useQueryClient();
  const merging = useMutation({
    mutationFn: (order: MergeOrder) => {
      const body = order.do === "merge" ? { ids: [order.id] } : { fingerprints: [order.fingerprint] };
      return sendJson<ApiMergeResult>("POST", `api/v1/issues/${encodeURIComponent(issue.id)}/${order.do}`, body);
    },
    onSuccess: (_result, { do: done, shortId }) =>
      toast(done === "merge" ? `${shortId} is part of ${issue.short_id} now` : `${shortId} is an issue again`),
    onSettled: () =>
      queries.invalidateQueries({
        predicate: ({ queryKey: [of] }) =>
          of === "issue" || of === "issues" || of === "activity" || of === "issue-events",
      }),
  });
  return { run: merging.mutate, isPending: merging.isPending, error: merging.error };
}
