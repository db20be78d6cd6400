import type { ApiEventDetail, Event, SecurityReport } from "@mesher/protocol";
import { Disclosure, Section } from "../ui/section.tsx";
import { Breadcrumbs } from "./breadcrumbs.tsx";
import { type ContextFacts, contextFacts } from "./context-facts.ts";
import { CutMark } from "./cuts.tsx";
import { Exceptions } from "./exceptions.tsx";
import { FrameModeToggle } from "./frame-mode-toggle.tsx";
import { type FrameMode, hasBothKinds } from "./frames.ts";
import { JsonValue } from "./json-value.tsx";
import { KeyValues } from "./key-values.tsx";
import { RawJson } from "./raw-json.tsx";
import { RequestView } from "./request-view.tsx";
import { EventPlatform } from "./source-lines.tsx";
import { StacktraceView } from "./stacktrace-view.tsx";
import { Threads } from "./threads.tsx";

const REPORTS = ["csp", "hpkp", "expectct", "expectstaple", "nel"] as const;

/** What happened, and what is known of its surroundings. */
export function EventBody({ detail, mode }: { detail: ApiEventDetail; mode: FrameMode }) {
  const { normalized: event, cuts } = detail.event;
  const breadcrumbs = event.breadcrumbs?.values ?? [];
  const threads = event.threads?.values ?? [];
  const contexts = contextFacts(event.contexts ?? {});
  const modules = Object.entries(event.modules ?? {});
  return (
    <EventPlatform value={event.platform ?? "other"}>
      <div className="space-y-7">
        <Exceptions event={event} cuts={cuts} mode={mode} />
        <Message detail={detail} />
        {event.stacktrace !== undefined && (
          <Section title="Stack trace" aside={hasBothKinds(event.stacktrace) && <FrameModeToggle mode={mode} />}>
            <div className="overflow-hidden rounded-lg border">
              <StacktraceView stacktrace={event.stacktrace} mode={mode} />
            </div>
          </Section>
        )}
        {threads.length > 0 && <Threads threads={threads} mode={mode} />}
        {REPORTS.map((name) => {
          const report: SecurityReport | undefined = event[name];
          return report !== undefined && <Values key={name} title={`${name} report`} values={report} />;
        })}
        {breadcrumbs.length > 0 && <Breadcrumbs breadcrumbs={breadcrumbs} eventAt={event.timestamp} />}
        {event.request !== undefined && <RequestView request={event.request} />}
        {contexts.length > 0 && <Contexts contexts={contexts} />}
        {event.extra !== undefined && Object.keys(event.extra).length > 0 && (
          <Values title="Extra" values={event.extra} />
        )}
        <More event={event} />
        {modules.length > 0 && (
          <Disclosure title="Modules" note={modules.length}>
            <div className="max-h-96 overflow-y-auto" tabIndex={0} role="group" aria-label="Modules">
              <KeyValues entries={modules} />
            </div>
          </Disclosure>
        )}
        <RawJson eventId={detail.event.id} payload={detail.event.payload} />
      </div>
    </EventPlatform>
  );
}

function Contexts({ contexts }: { contexts: readonly ContextFacts[] }) {
  return (
    <Section title="Contexts">
      <div className="gap-x-8 rounded-lg border px-3 pt-2.5 lg:columns-2">
        {contexts.map(({ key, title, summary, entries }) => (
          <div key={key} className="min-w-0 break-inside-avoid pb-4">
            <h3 className="font-medium">
              {title} {summary !== undefined && <span className="ml-1 font-normal text-dim">{summary}</span>}
            </h3>
            <KeyValues entries={entries} />
          </div>
        ))}
      </div>
    </Section>
  );
}

/** A message besides an exception says something of its own; as the title alone it may be too short. */
function Message({ detail }: { detail: ApiEventDetail }) {
  const { normalized: event, cuts } = detail.event;
  const text = event.logentry?.formatted ?? event.logentry?.message;
  if (text === undefined || text === "") return null;
  const template = event.logentry?.message;
  return (
    <Section title="Message">
      <div className="rounded-lg border px-3 py-2">
        <p className="max-h-80 overflow-y-auto break-words whitespace-pre-wrap">{text}</p>
        <CutMark cuts={cuts} path="logentry" />
        {template !== undefined && template !== text && (
          <p className="mt-1.5 text-xs text-faint">
            template <code className="break-words text-dim">{template}</code>
          </p>
        )}
        {event.logentry?.params !== undefined && <JsonValue value={event.logentry.params} />}
      </div>
    </Section>
  );
}

function Values({ title, values }: { title: string; values: Readonly<Record<string, unknown>> }) {
  return (
    <Section title={title}>
      <div className="rounded-lg border px-3 py-1.5">
        <KeyValues entries={Object.entries(values)} />
      </div>
    </Section>
  );
}

/** What has a place of its own above or beside. The rest is shown too, under its own name. */
const PLACED = new Set<string>([
  "event_id",
  "timestamp",
  "platform",
  "level",
  "logger",
  "logentry",
  "transaction",
  "server_name",
  "release",
  "dist",
  "environment",
  "exception",
  "threads",
  "stacktrace",
  "breadcrumbs",
  "request",
  "user",
  "contexts",
  "tags",
  "extra",
  "sdk",
  "modules",
  ...REPORTS,
]);

function More({ event }: { event: Event }) {
  const rest = Object.entries(event).filter(([key, value]) => !PLACED.has(key) && value !== undefined);
  if (rest.length === 0) return null;
  return (
    <Disclosure title="More" note={rest.map(([key]) => key).join(", ")}>
      <KeyValues entries={rest} />
    </Disclosure>
  );
}
