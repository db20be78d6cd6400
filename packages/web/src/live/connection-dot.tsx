import { useSyncExternalStore } from "react";
import { type FeedState, feedOf } from "./feed.ts";

const SHOWN: Readonly<Record<FeedState, { color: string; text: string }>> = {
  connected: { color: "bg-green", text: "Live" },
  connecting: { color: "bg-mark pulses", text: "Connecting" },
  away: { color: "bg-red", text: "Not live: trying again" },
};

/** Whether what happens in the project is told at once. */
export function ConnectionDot({ projectSlug }: { projectSlug: string }) {
  const feed = feedOf(projectSlug);
  const state = useSyncExternalStore(
    (listener) => feed.listenToState(listener),
    () => feed.state,
  );
  const { color, text } = SHOWN[state];
  return (
    <span role="status" title={text} className="inline-flex items-center">
      <span aria-hidden className={`size-2 rounded-full ${color}`} />
      <span className="sr-only">{text}</span>
    </span>
  );
}
