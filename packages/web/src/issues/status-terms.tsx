import type { ApiStatusDetails } from "@mesher/protocol";
import type { ReactNode } from "react";
import { RelativeTime } from "../ui/relative-time.tsx";

/** On which terms an issue is resolved or archived, where they are not the usual ones. */
export function StatusTerms({ details }: { details: ApiStatusDetails | null }) {
  if (details === null || details.mode === "now") return null;
  return <span className="ml-1.5 text-xs font-normal text-dim">{termsOf(details)}</span>;
}

function termsOf(details: Exclude<ApiStatusDetails, { mode: "now" }>): ReactNode {
  if (details.mode === "in_release") return `in ${details.release}`;
  if (details.mode === "in_next_release") {
    return details.after === null ? "in the next release" : `in the release after ${details.after}`;
  }
  if (details.mode === "until_count") return `until ${details.event_count.toLocaleString("en")} events`;
  if (details.mode === "until_time") {
    return (
      <>
        until <RelativeTime at={details.until} />
      </>
    );
  }
  return details.mode === "for_ever" ? "for ever" : "until it escalates";
}
