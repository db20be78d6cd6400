import type { ApiIssue, IssueStatus } from "@mesher/protocol";

const DOT: Record<IssueStatus, string> = {
  unresolved: "bg-amber",
  resolved: "bg-green",
  archived: "bg-faint",
  discarded: "border border-faint",
};

export function StatusMark({ issue }: { issue: ApiIssue }) {
  const hasRegressed = issue.status === "unresolved" && issue.regressed_at !== null;
  return (
    <span className="inline-flex items-center gap-1.5 text-xs text-dim">
      <span aria-hidden className={`size-1.5 rounded-full ${hasRegressed ? "bg-red" : DOT[issue.status]}`} />
      {hasRegressed ? "regression" : issue.status}
    </span>
  );
}
