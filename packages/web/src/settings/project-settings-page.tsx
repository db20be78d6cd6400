import type { ApiProjectSettings, ApiScrubbingPreview } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { sendJson } from "../api/client.ts";
import { hasRole, sessionQuery } from "../api/session.ts";
import { projectKeysQuery, projectSettingsQuery } from "../api/settings-queries.ts";
import { Button, PrimaryButton } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field, FormError, inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { toast } from "../ui/toasts.tsx";
import { Line, Lines, useChange } from "./parts.tsx";

const FILTERS = {
  browser_extensions: "Errors of browser extensions",
  localhost: "Events of localhost",
  web_crawlers: "Web crawlers",
  legacy_browsers: "Browsers that are no longer maintained",
} as const;

const SAMPLE_EVENT = JSON.stringify(
  { message: "Login failed", extra: { password: "hunter2", card: "4111 1111 1111 1111" } },
  undefined,
  2,
);

export function ProjectSettingsPage({ projectSlug }: { projectSlug: string }) {
  const settings = useQuery(projectSettingsQuery(projectSlug));
  const mayChange = hasRole(useQuery(sessionQuery()).data, "admin");
  if (settings.isPending) return <PageSkeleton label="Loading the settings" />;
  if (settings.data === undefined) {
    return (
      <Failure
        title="The settings could not be loaded."
        error={settings.error}
        onRetry={() => void settings.refetch()}
      />
    );
  }
  return (
    <div className="max-w-4xl space-y-8 px-4 pb-20 sm:px-6">
      <title>Project settings · Mesher</title>
      <div className="-mb-4 flex min-h-13 items-center">
        <h1 className="text-[0.9375rem] font-semibold">Project settings</h1>
      </div>
      <Keys projectSlug={projectSlug} mayChange={mayChange} />
      <SettingsForm projectSlug={projectSlug} settings={settings.data} mayChange={mayChange} />
      <Preview projectSlug={projectSlug} />
    </div>
  );
}

function Keys({ projectSlug, mayChange }: { projectSlug: string; mayChange: boolean }) {
  const keys = useQuery(projectKeysQuery(projectSlug));
  const change = useChange(["project-keys", projectSlug]);
  if (keys.isPending) return <Bone className="h-24 w-full" />;
  if (keys.data === undefined) {
    return <Failure title="The keys could not be loaded." error={keys.error} onRetry={() => void keys.refetch()} />;
  }
  return (
    <Section title="Keys">
      <Lines label="Keys">
        {keys.data.map((key) => (
          <Line key={key.id} title={key.label} detail={<code>{key.dsn}</code>}>
            {key.revoked_at === null ? (
              <>
                <CopyButton text={key.dsn} label="Copy DSN" name={`Copy the DSN of ${key.label}`} />
                {mayChange && (
                  <Button
                    disabled={change.isPending}
                    aria-label={`Revoke ${key.label}`}
                    onClick={() =>
                      change.mutate({ path: `api/v1/api-keys/${key.id}/revoke`, done: `${key.label} works no more` })
                    }
                  >
                    Revoke
                  </Button>
                )}
              </>
            ) : (
              <span className="text-red">revoked</span>
            )}
          </Line>
        ))}
      </Lines>
      {mayChange && (
        <Form
          onData={(data) =>
            change.mutate({
              path: `api/v1/projects/${encodeURIComponent(projectSlug)}/api-keys`,
              body: { label: textOf(data, "label") },
              done: "The key is there",
            })
          }
          className="mt-3 flex items-end gap-2"
        >
          <Field label="New key" name="label" required maxLength={100} pattern=".*\S.*" className="max-w-64" />
          <Button type="submit" className="h-8" disabled={change.isPending}>
            Make it
          </Button>
        </Form>
      )}
    </Section>
  );
}

interface SettingsFormProps {
  readonly projectSlug: string;
  readonly settings: ApiProjectSettings;
  readonly mayChange: boolean;
}

function SettingsForm({ projectSlug, settings, mayChange }: SettingsFormProps) {
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (data: FormData) =>
      sendJson<ApiProjectSettings>(
        "PATCH",
        `api/v1/projects/${encodeURIComponent(projectSlug)}/settings`,
        settingsOf(data),
      ),
    onSuccess: (saved) => {
      queries.setQueryData(projectSettingsQuery(projectSlug).queryKey, saved);
      toast("Saved; it counts on every node from now on");
    },
  });
  const { filters, scrubbing } = settings;
  return (
    <Form onData={(data) => save.mutate(data)} className="space-y-8">
      <fieldset disabled={!mayChange} className="space-y-8">
        <Section title="Retention and limits">
          <div className="grid gap-3 sm:grid-cols-2">
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
          </div>
        </Section>
        <Section title="Inbound filters">
          <p className="mb-2 text-dim">What matches is dropped before it is stored, and counted.</p>
          <div className="space-y-1.5">
            {Object.entries(FILTERS).map(([name, label]) => (
              <Check key={name} name={name} isOn={filters[name as keyof typeof FILTERS]}>
                {label}
              </Check>
            ))}
          </div>
          <div className="mt-3 grid gap-3 sm:grid-cols-3">
            <ListField label="Messages, * for anything" name="messages" values={filters.messages} />
            <ListField label="Releases" name="releases" values={filters.releases} />
            <ListField label="Addresses" name="filter_addresses" values={filters.ip_addresses} />
          </div>
        </Section>
        <Section title="Privacy">
          <div className="space-y-1.5">
            <Check name="scrubbing" isOn={scrubbing.enabled}>
              Take secrets out of events before they are stored
            </Check>
            <Check name="scrub_addresses" isOn={scrubbing.ip_addresses}>
              Take out people's addresses, too
            </Check>
          </div>
          <div className="mt-3 grid gap-3 sm:grid-cols-2">
            <ListField label="More fields that are secret" name="fields" values={scrubbing.fields} />
            <ListField label="Fields that are not" name="safe_fields" values={scrubbing.safe_fields} />
          </div>
        </Section>
      </fieldset>
      <FormError error={save.error} />
      {mayChange && (
        <PrimaryButton type="submit" disabled={save.isPending}>
          {save.isPending ? "Saving…" : "Save"}
        </PrimaryButton>
      )}
    </Form>
  );
}

function settingsOf(data: FormData) {
  const lines = (name: string) =>
    textOf(data, name)
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  return {
    retention_days: Number(textOf(data, "retention_days")),
    sample_rate: Number(textOf(data, "sample_rate")),
    filters: {
      browser_extensions: data.has("browser_extensions"),
      localhost: data.has("localhost"),
      web_crawlers: data.has("web_crawlers"),
      legacy_browsers: data.has("legacy_browsers"),
      messages: lines("messages"),
      releases: lines("releases"),
      ip_addresses: lines("filter_addresses"),
    },
    scrubbing: {
      enabled: data.has("scrubbing"),
      ip_addresses: data.has("scrub_addresses"),
      fields: lines("fields"),
      safe_fields: lines("safe_fields"),
    },
  };
}

function Check({ name, isOn, children }: { name: string; isOn: boolean; children: ReactNode }) {
  return (
    <label className="flex items-center gap-2">
      <input type="checkbox" name={name} defaultChecked={isOn} className="size-3.5 accent-ink" />
      {children}
    </label>
  );
}

function ListField({ label, name, values }: { label: string; name: string; values: readonly string[] }) {
  return (
    <label className="block">
      <span className="mb-1 block text-xs font-medium text-dim">{label}, one a line</span>
      <textarea
        name={name}
        rows={3}
        spellCheck={false}
        defaultValue={values.join("\n")}
        className={`${inputClass} h-auto py-1.5 font-mono text-xs`}
      />
    </label>
  );
}

/** What the saved privacy settings would take out of an event. Nothing is stored. */
function Preview({ projectSlug }: { projectSlug: string }) {
  const [mistake, setMistake] = useState<Error | null>(null);
  const preview = useMutation({
    mutationFn: (event: unknown) =>
      sendJson<ApiScrubbingPreview>(
        "POST",
        `api/v1/projects/${encodeURIComponent(projectSlug)}/settings/scrubbing/preview`,
        { event },
      ),
  });
  const run = (data: FormData) => {
    try {
      preview.mutate(JSON.parse(textOf(data, "event")));
      setMistake(null);
    } catch (error) {
      setMistake(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return (
    <Section title="Preview of privacy">
      <Form onData={run} className="space-y-2">
        <textarea
          name="event"
          aria-label="An event, as JSON"
          rows={7}
          spellCheck={false}
          defaultValue={SAMPLE_EVENT}
          className={`${inputClass} h-auto py-1.5 font-mono text-xs`}
        />
        <Button type="submit" disabled={preview.isPending}>
          Show what would be stored
        </Button>
        <FormError error={mistake ?? preview.error} />
      </Form>
      {preview.data !== undefined && (
        <div role="status" className="mt-3">
          <pre className="overflow-x-auto rounded-lg border bg-raised p-3" tabIndex={0}>
            {JSON.stringify(preview.data.event, undefined, 2)}
          </pre>
          <ul className="mt-2 space-y-1 text-xs text-dim">
            {preview.data.removed.map(({ path, rule }) => (
              <li key={`${path} ${rule}`}>
                <code className="text-ink">{path}</code> {preview.data.rules[rule]}
              </li>
            ))}
          </ul>
          {preview.data.removed.length === 0 && <p className="text-dim">Nothing is taken out of it.</p>}
        </div>
      )}
    </Section>
  );
}
