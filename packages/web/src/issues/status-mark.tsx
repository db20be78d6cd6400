import type { ApiIssue, IssueStatus } from "@mesher/protocol";
import type { ReactNode } from "react";

type ShownStatus = IssueStatus | "regression";

const ICON: Record<ShownStatus, { color: string; shape: ReactNode }> = {
  unresolved: { color: "text-faint", shape: <circle cx="7" cy="7" r="5" /> },
  regression: { color: "text-red", shape: <path d="M2.5 7A4.5 4.5 0 1 0 4 3.6M2.6 1.8l.6 2.6 2.6-.4" /> },
  resolved: { color: "text-green", shape: <path d="M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2zM4.7 7.1l1.6 1.6 3-3.3" /> },
  archived: { color: "text-faint", shape: <path d="M2 3h10v2.4H2zM3 5.4v5.8h8V5.4M5.7 7.6h2.6" /> },
  discarded: { color: "text-faint", shape: <path d="M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2zM3.5 3.5l7 7" /> },
};

/** An unresolved issue is the normal case, so in a list (`quiet`) the word is left to those that are not. */
export function StatusMark({ issue, quiet = false }: { issue: ApiIssue; quiet?: boolean }) {
  const status: ShownStatus =
    issue.status === "unresolved" && issue.regressed_at !== null ? "regression" : issue.status;
  const { color, shape } = ICON[status];
  return (
    <span title={status} className="inline-flex items-center gap-1.5">
      <svg
        viewBox="0 0 14 14"
        aria-hidden
        fill="none"
        stroke="currentColor"
        strokeWidth="1.3"
        className={`size-3.5 ${color}`}
      >
        {shape}
      </svg>
      <span className={quiet && status === "unresolved" ? "sr-only" : "first-letter:uppercase"}>{status}</span>
    </span>
  );
}
