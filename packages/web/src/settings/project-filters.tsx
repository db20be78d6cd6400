import type { ApiFilterPreview, InboundFilter, InboundFilters } from "@mesher/protocol";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sendJson } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { FormError } from "../ui/field.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import type { ProjectSettingsProps } from "./project-tabs.ts";
import { Check, ListField, linesOf, SettingsForm } from "./settings-form.tsx";

const SWITCHES = {
  browser_extensions: "Errors from browser extensions",
  localhost: "Events from localhost",
  web_crawlers: "Web crawlers",
  legacy_browsers: "Browsers that are no longer maintained",
} as const;

const NAME: Readonly<Record<InboundFilter, string>> = {
  ...SWITCHES,
  messages: "Messages",
  releases: "Releases",
  ip_addresses: "IP addresses",
};

export function ProjectFilters({ projectSlug, settings: { filters }, mayChange }: ProjectSettingsProps) {
  return (
    <Section title="Inbound filters">
      <p className="mb-4 text-dim">Events that match are dropped before they are stored. They are counted.</p>
      <SettingsForm projectSlug={projectSlug} mayChange={mayChange} read={(data) => ({ filters: filtersOf(data) })}>
        <div className="space-y-1.5">
          {Object.entries(SWITCHES).map(([name, label]) => (
            <Check key={name} name={name} isOn={filters[name as keyof typeof SWITCHES]}>
              {label}
            </Check>
          ))}
        </div>
        <div className="grid gap-3 sm:grid-cols-3">
          <ListField label="Messages, * for any text" name="messages" values={filters.messages} />
          <ListField label="Releases" name="releases" values={filters.releases} />
          <ListField label="IP addresses" name="ip_addresses" values={filters.ip_addresses} />
        </div>
        <FilterPreview projectSlug={projectSlug} />
      </SettingsForm>
    </Section>
  );
}

function filtersOf(data: FormData): InboundFilters {
  return {
    browser_extensions: data.has("browser_extensions"),
    localhost: data.has("localhost"),
    web_crawlers: data.has("web_crawlers"),
    legacy_browsers: data.has("legacy_browsers"),
    messages: linesOf(data, "messages"),
    releases: linesOf(data, "releases"),
    ip_addresses: linesOf(data, "ip_addresses"),
  };
}

/** What the filters would have dropped, as the form around it has them: before they are saved. */
function FilterPreview({ projectSlug }: { projectSlug: string }) {
  const preview = useMutation({
    mutationFn: (filters: InboundFilters) =>
      sendJson<ApiFilterPreview>(
        "POST",
        `api/v1/projects/${encodeURIComponent(projectSlug)}/settings/filters/preview`,
        { filters },
      ),
  });
  return (
    <div>
      <Button
        disabled={preview.isPending}
        onClick={({ currentTarget: { form } }) => form !== null && preview.mutate(filtersOf(new FormData(form)))}
      >
        {preview.isPending ? "Looking…" : "Show what they would have dropped"}
      </Button>
      <FormError error={preview.error} />
      {preview.data !== undefined && <Dropped preview={preview.data} />}
    </div>
  );
}

function Dropped({ preview: { events, passed, filtered, examples } }: { preview: ApiFilterPreview }) {
  return (
    <div role="status" className="mt-3 rounded-lg border p-3">
      <p className="font-medium">
        {events === 0
          ? "There is no event yet to try them on."
          : `Of the last ${events.toLocaleString("en")} events they would have dropped ${(events - passed).toLocaleString("en")}.`}
      </p>
      {filtered.length > 0 && (
        <p className="text-xs text-dim">
          {filtered.map(({ filter, count }) => `${NAME[filter]}: ${count.toLocaleString("en")}`).join(" · ")}
        </p>
      )}
      {examples.length > 0 && (
        <ul aria-label="Events that would have been dropped" className="mt-2 space-y-1">
          {examples.map(({ event_id, issue_id, title, received_at, filter }) => (
            <li key={event_id} className="flex flex-wrap items-baseline gap-x-3">
              <Link
                to="/issues/$issueId/events/$eventId"
                params={{ issueId: issue_id, eventId: event_id }}
                className="min-w-0 truncate underline hover:text-dim"
              >
                {title}
              </Link>
              <span className="text-xs text-faint">
                {NAME[filter]}, <RelativeTime at={received_at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
