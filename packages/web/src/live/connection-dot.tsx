import type { StreamMessage } from "@mesher/protocol";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import { toast } from "../ui/toasts.tsx";
import { type FeedState, feedOf } from "./feed.ts";

/** Events come in bursts; lists are read again once for all of a moment. */
const GATHER_MS = 500;

const SHOWN: Readonly<Record<FeedState, { color: string; text: string }>> = {
  connected: { color: "bg-green", text: "Live" },
  connecting: { color: "bg-mark pulses", text: "Connecting" },
  away: { color: "bg-red", text: "Not live: trying again" },
};

/** Whether what happens in the project is told at once; and what it tells, the lists on screen take up. */
export function ConnectionDot({ projectSlug }: { projectSlug: string }) {
  const feed = feedOf(projectSlug);
  const state = useSyncExternalStore(
    (listener) => feed.listenToState(listener),
    () => feed.state,
  );
  useFreshLists(projectSlug);
  const { color, text } = SHOWN[state];
  return (
    <span role="status" title={text} className="inline-flex items-center">
      <span aria-hidden className={`size-2 rounded-full ${color}`} />
      <span className="sr-only">{text}</span>
    </span>
  );
}

/** There are two dots, of the wide and of the narrow screen; an alert is told once. */
let toldAlert = "";

function useFreshLists(projectSlug: string): void {
  const queries = useQueryClient();
  const refresh = useEffectEvent((issueIds: Iterable<string>) => {
    const keys = [
      ["issues", projectSlug],
      ...[...issueIds].flatMap((id) => [
        ["issue", id],
        ["activity", id],
      ]),
    ];
    for (const queryKey of keys) void queries.invalidateQueries({ queryKey }, { cancelRefetch: false });
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const issueIds = new Set<string>();
    const stop = feedOf(projectSlug).listen((message: StreamMessage) => {
      if (message.type === "alert") {
        if (message.alert_id === toldAlert) return;
        toldAlert = message.alert_id;
        toast(`Alert: ${message.rule_name}`);
        for (const key of ["alerts", "alert-rules"]) void queries.invalidateQueries({ queryKey: [key, projectSlug] });
        return;
      }
      // A new connection tells of what happens from now on: lists that were read before it may miss something, too.
      const mayHaveMissed = message.type === "gap" || (message.type === "subscribed" && message.start !== "resumed");
      if (message.type === "event" || message.type === "issue") issueIds.add(message.issue_id);
      else if (!mayHaveMissed) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        refresh(issueIds);
        issueIds.clear();
      }, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [projectSlug, queries]);
}
