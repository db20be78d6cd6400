import type { ApiProjectKey } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { projectKeysQuery } from "../api/settings-queries.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { Line, Lines, useChange } from "./parts.tsx";
import type { ProjectSettingsProps } from "./project-tabs.ts";
import { ListField, linesOf, numberOrNull, SettingsForm } from "./settings-form.tsx";

/** Who may send events: the keys, and the pages that may use them. */
export function ProjectKeys({ projectSlug, settings, mayChange }: ProjectSettingsProps) {
  return (
    <div className="space-y-8">
      <Keys projectSlug={projectSlug} mayChange={mayChange} />
      <Section title="Pages that may send">
        <SettingsForm
          projectSlug={projectSlug}
          mayChange={mayChange}
          read={(data) => ({ allowed_domains: linesOf(data, "allowed_domains") })}
        >
          <ListField
            label="Domains such as example.com or *.example.com, * for all"
            name="allowed_domains"
            values={settings.allowed_domains}
          />
        </SettingsForm>
      </Section>
    </div>
  );
}

function Keys({ projectSlug, mayChange }: { projectSlug: string; mayChange: boolean }) {
  const keys = useQuery(projectKeysQuery(projectSlug));
  const change = useChange(["project-keys", projectSlug], ["projects"]);
  if (keys.isPending) return <Bone className="h-24 w-full" />;
  if (keys.data === undefined) {
    return <Failure title="The keys could not be loaded." error={keys.error} onRetry={() => void keys.refetch()} />;
  }
  return (
    <Section title="Keys">
      <p className="mb-3 max-w-prose text-dim">
        The DSN is what an SDK is told. It can only send events, so it is no secret; one for each app lets you tell them
        apart and end one alone.
      </p>
      <Lines label="Keys">
        {keys.data.map((key) => (
          <KeyLine key={key.id} projectSlug={projectSlug} projectKey={key} mayChange={mayChange} />
        ))}
      </Lines>
      {mayChange && (
        <Form
          onData={(data) =>
            change.mutate({
              path: `api/v1/projects/${encodeURIComponent(projectSlug)}/api-keys`,
              body: { label: textOf(data, "label"), rate_limit_events: numberOrNull(data, "rate_limit_events") },
              done: "The key was created",
            })
          }
          className="mt-3 flex flex-wrap items-end gap-2"
        >
          <Field label="New key" name="label" required maxLength={100} pattern=".*\S.*" className="max-w-64 grow" />
          <Field
            label="Events per minute"
            name="rate_limit_events"
            type="number"
            min={1}
            placeholder="no limit of its own"
            className="max-w-44 grow"
          />
          <Button type="submit" className="h-8" disabled={change.isPending}>
            Create key
          </Button>
        </Form>
      )}
    </Section>
  );
}

interface KeyLineProps {
  readonly projectSlug: string;
  readonly projectKey: ApiProjectKey;
  readonly mayChange: boolean;
}

function KeyLine({ projectSlug, projectKey: key, mayChange }: KeyLineProps) {
  const change = useChange(["project-keys", projectSlug], ["projects"]);
  const [mode, setMode] = useState<"shown" | "edited" | "revoked">("shown");
  return (
    <Line
      title={key.label}
      detail={
        <>
          <code>{key.dsn}</code>
          {key.rate_limit_events !== null && <p>{key.rate_limit_events.toLocaleString("en")} events a minute</p>}
          {mode === "edited" && (
            <Form
              onData={(data) =>
                change.mutate(
                  {
                    method: "PATCH",
                    path: `api/v1/api-keys/${key.id}`,
                    body: { label: textOf(data, "label"), rate_limit_events: numberOrNull(data, "rate_limit_events") },
                    done: "The key was changed",
                  },
                  { onSuccess: () => setMode("shown") },
                )
              }
              className="mt-2 flex flex-wrap items-end gap-2"
            >
              <Field
                label="Label"
                name="label"
                required
                maxLength={100}
                pattern=".*\S.*"
                defaultValue={key.label}
                className="max-w-52 grow"
              />
              <Field
                label="Events per minute"
                name="rate_limit_events"
                type="number"
                min={1}
                placeholder="no limit of its own"
                defaultValue={key.rate_limit_events ?? ""}
                className="max-w-44 grow"
              />
              <Button type="submit" className="h-8" disabled={change.isPending}>
                Save
              </Button>
              <FormError error={change.error} />
            </Form>
          )}
        </>
      }
    >
      {key.revoked_at !== null ? (
        <span className="text-red">revoked</span>
      ) : (
        <>
          <CopyButton text={key.dsn} label="Copy DSN" name={`Copy DSN of ${key.label}`} />
          {mayChange && (
            <>
              <Button
                aria-label={`Edit ${key.label}`}
                aria-expanded={mode === "edited"}
                onClick={() => setMode(mode === "edited" ? "shown" : "edited")}
              >
                Edit
              </Button>
              <Button aria-label={`Revoke ${key.label}`} onClick={() => setMode("revoked")}>
                Revoke
              </Button>
            </>
          )}
        </>
      )}
      {mode === "revoked" && (
        <Confirm
          title={`Revoke ${key.label}?`}
          action="Revoke"
          onCancel={() => setMode("shown")}
          onConfirm={() => {
            change.mutate({ path: `api/v1/api-keys/${key.id}/revoke`, done: `${key.label} no longer works` });
            setMode("shown");
          }}
        >
          What is sent with it from now on is refused, and SDKs do not send it again.
        </Confirm>
      )}
    </Line>
  );
}
