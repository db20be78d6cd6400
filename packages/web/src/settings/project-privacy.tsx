import type { ApiScrubbingPreview } from "@mesher/protocol";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { sendJson } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { FormError, inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { Section } from "../ui/section.tsx";
import type { ProjectSettingsProps } from "./project-tabs.ts";
import { Check, ListField, linesOf, SettingsForm } from "./settings-form.tsx";

const SAMPLE_EVENT = JSON.stringify(
  { message: "Login failed", extra: { password: "hunter2", card: "4111 1111 1111 1111" } },
  undefined,
  2,
);

export function ProjectPrivacy({ projectSlug, settings: { scrubbing }, mayChange }: ProjectSettingsProps) {
  return (
    <div className="space-y-8">
      <Section title="Privacy">
        <SettingsForm
          projectSlug={projectSlug}
          mayChange={mayChange}
          read={(data) => ({
            scrubbing: {
              enabled: data.has("scrubbing"),
              ip_addresses: data.has("scrub_addresses"),
              fields: linesOf(data, "fields"),
              safe_fields: linesOf(data, "safe_fields"),
            },
          })}
        >
          <div className="space-y-1.5">
            <Check name="scrubbing" isOn={scrubbing.enabled}>
              Take secrets out of events before they are stored
            </Check>
            <Check name="scrub_addresses" isOn={scrubbing.ip_addresses}>
              Take out IP addresses, too
            </Check>
          </div>
          <div className="grid gap-3 sm:grid-cols-2">
            <ListField label="More fields that are secret" name="fields" values={scrubbing.fields} />
            <ListField label="Fields that are not" name="safe_fields" values={scrubbing.safe_fields} />
          </div>
        </SettingsForm>
      </Section>
      {mayChange && <Preview projectSlug={projectSlug} />}
    </div>
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
    <Section title="Try it out">
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
