/** Lets the events of deleted, merged and unmerged issues follow: see events/event-moves.ts. */
import type { Database } from "../db/database.ts";
import { listProjectsWithMoves, moveEvents } from "../events/event-moves.ts";

/** Within the request that changed the issue, so that most are done when it is answered. `followAllEvents` does the rest. */
const CHUNKS_PER_REQUEST = 10;

/** In one run of the periodic job. */
const CHUNKS_PER_PROJECT = 200;
const PROJECTS_PER_RUN = 100;

export async function followEvents(database: Database, projectId: string): Promise<void> {
  await moveEvents(database, projectId, { chunksMax: CHUNKS_PER_REQUEST });
}

/** Does what requests left over, or a crash, until the signal. Safe on several nodes at once: they take turns, chunk by chunk. */
export async function followAllEvents(database: Database, signal?: AbortSignal): Promise<void> {
  for (const projectId of await listProjectsWithMoves(database, PROJECTS_PER_RUN)) {
    await moveEvents(database, projectId, { chunksMax: CHUNKS_PER_PROJECT, signal });
  }
}
