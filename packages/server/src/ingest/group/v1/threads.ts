import type { Event, Thread } from "@mesher/protocol";
import type { Contribution } from "./contribution.ts";
import { contributeStacktrace } from "./stacktrace.ts";

/** The stack of the one thread that matters, when there is exactly one such thread. */
export function contributeThreads(event: Event): Contribution | undefined {
  return contributeStacktrace(findGroupedThread(event)?.stacktrace, event.platform);
}

/** The crashed thread, else the current one, else the only one; several of a kind tell nothing. */
export function findGroupedThread(event: Event): Thread | undefined {
  const threads = event.threads?.values ?? [];
  return (
    onlyOne(threads.filter((thread) => thread.crashed === true)) ??
    onlyOne(threads.filter((thread) => thread.current === true)) ??
    onlyOne(threads)
  );
}

function onlyOne(threads: readonly Thread[]): Thread | undefined {
  return threads.length === 1 ? threads[0] : undefined;
}
