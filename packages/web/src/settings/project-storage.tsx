import { useQuery } from "@tanstack/react-query";
import { projectStorageQuery } from "../api/settings-queries.ts";
import { formatBytes } from "../ui/bytes.ts";
import { formatCount } from "../ui/count.ts";
import { Field } from "../ui/field.tsx";
import { textOf } from "../ui/form.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { Bars } from "./byte-bars.tsx";
import type { ProjectSettingsProps } from "./project-tabs.ts";
import { numberOrNull, SettingsForm } from "./settings-form.tsx";
import { StorageFailure } from "./storage-failure.tsx";

export function ProjectStorage({ projectSlug, settings, mayChange }: ProjectSettingsProps) {
  return (
    <div className="space-y-8">
      <Section title="Retention and limits">
        <SettingsForm
          projectSlug={projectSlug}
          mayChange={mayChange}
          read={(data) => ({
            retention_days: Number(textOf(data, "retention_days")),
            sample_rate: Number(textOf(data, "sample_rate")),
            rate_limit_events: numberOrNull(data, "rate_limit_events"),
          })}
        >
          <div className="grid gap-3 sm:grid-cols-3">
            <Field
              label="Days an event is kept"
              name="retention_days"
              type="number"
              min={1}
              max={365}
              required
              defaultValue={settings.retention_days}
            />
            <Field
              label="Part of the events that is kept"
              name="sample_rate"
              type="number"
              min={0}
              max={1}
              step="any"
              required
              defaultValue={settings.sample_rate}
              hint="1 keeps all."
            />
            <Field
              label="Events a minute, for each key"
              name="rate_limit_events"
              type="number"
              min={1}
              placeholder="as the server is set up"
              defaultValue={settings.rate_limit_events ?? ""}
            />
          </div>
        </SettingsForm>
      </Section>
      <Stored projectSlug={projectSlug} />
    </div>
  );
}

function Stored({ projectSlug }: { projectSlug: string }) {
  const storage = useQuery(projectStorageQuery(projectSlug));
  if (storage.isPending) return <Bone className="h-40 w-full" />;
  if (storage.data === undefined) return <StorageFailure storage={storage} />;
  const { event_count, estimated_bytes, parts, days } = storage.data;
  return (
    <Section title="What is stored">
      <p className="mb-3 text-dim">
        {formatCount(event_count)} events take about {formatBytes(estimated_bytes)}.
      </p>
      <Bars
        label="Parts"
        rows={[
          { name: "events", bytes: parts.events, note: "" },
          { name: "issues", bytes: parts.issues, note: "" },
          { name: "counts", bytes: parts.counts, note: "" },
        ]}
      />
      {days.length > 0 && (
        <div className="mt-6">
          <h3 className="mb-2 text-xs font-medium text-dim">By day</h3>
          <Bars
            label="Days"
            rows={days
              .toReversed()
              .map(({ day, bytes, events }) => ({ name: day, bytes, note: `${formatCount(events)} events` }))}
          />
        </div>
      )}
    </Section>
  );
}
