/** What inbound filters would have dropped of the events that a project has stored lately, before they are saved. */
import { setImmediate as breathe } from "node:timers/promises";
import { type ApiFilterPreview, FILTER_PREVIEW_EVENTS_MAX, type InboundFilter } from "@mesher/protocol";
import { listNewestStored } from "../events/events.queries.ts";
import { createFilter } from "../ingest/filter/filter-event.ts";
import { checkFields, wholeNumber } from "./check-fields.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { readEvent } from "./events.ts";
import { checkFilters, getSettings } from "./project-settings.ts";
import { findProject } from "./projects.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;

const EVENTS_DEFAULT = 100;
/** Of stored payloads that one preview reads. */
const PAYLOAD_BYTES_MAX = 8 * 1024 * 1024;
/** Events that are read before others get a turn: each takes a fraction of a millisecond, large ones a few. */
const EVENTS_AT_A_TIME = 10;
const EXAMPLES_MAX = 20;

export function registerFilterPreviewRoutes(app: App, deps: ApiDependencies): void {
  app.post<{ Params: { project: string } }>(
    "/api/v1/projects/:project/settings/filters/preview",
    READ,
    async (request): Promise<ApiFilterPreview> => {
      const { organizationId } = await deps.authenticate(request);
      const { id: projectId } = await findProject(deps, organizationId, request.params.project);
      const { filters, events: limit = EVENTS_DEFAULT } = checkFields(request.body ?? {}, {
        filters: checkFilters,
        events: wholeNumber(1, FILTER_PREVIEW_EVENTS_MAX),
      });
      const settings = await getSettings(deps, { organizationId, projectId });
      const filter = createFilter({ ...settings.filters, ...filters });

      const stored = await listNewestStored(deps.database, projectId, { limit, bytesMax: PAYLOAD_BYTES_MAX });
      const counts = new Map<InboundFilter, number>();
      const examples: ApiFilterPreview["examples"][number][] = [];
      for (const [index, each] of stored.entries()) {
        if (index % EVENTS_AT_A_TIME === EVENTS_AT_A_TIME - 1) await breathe();
        const dropping = filter(readEvent(each).event, each.receipt);
        if (dropping === undefined) continue;
        counts.set(dropping, (counts.get(dropping) ?? 0) + 1);
        if (examples.length < EXAMPLES_MAX)
          examples.push({
            event_id: each.eventId,
            issue_id: each.issueId,
            title: each.title,
            received_at: each.receivedAt.toISOString(),
            filter: dropping,
          });
      }
      const filtered = [...counts].map(([name, count]) => ({ filter: name, count }));
      const dropped = filtered.reduce((sum, { count }) => sum + count, 0);
      return {
        events: stored.length,
        passed: stored.length - dropped,
        filtered: filtered.toSorted((a, b) => b.count - a.count),
        examples,
      };
    },
  );
}
