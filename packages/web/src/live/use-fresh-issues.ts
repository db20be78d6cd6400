import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { feedOf } from "./feed.ts";
import { FreshIssues } from "./fresh-issues.ts";

/** For one place that is on every page. */
export function useFreshIssues(projectSlug: string): void {
  const queries = useQueryClient();
  useEffect(() => {
    const fresh = new FreshIssues(queries, projectSlug);
    const feed = feedOf(projectSlug);
    const stops = [
      feed.listen((message) => fresh.hear(message)),
      // Queries that were left to the feed begin to ask for themselves.
      feed.listenToState(() => feed.state === "away" && fresh.readAll()),
    ];
    return () => {
      for (const stop of stops) stop();
      fresh.stop();
    };
  }, [projectSlug, queries]);
}
