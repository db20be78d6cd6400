import type { ApiProjectDetail } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { sendJson } from "../api/client.ts";
import { projectsQuery } from "../api/queries.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmByName } from "../ui/confirm-by-name.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { Section } from "../ui/section.tsx";
import { toast, toastFailure } from "../ui/toasts.tsx";
import type { ProjectSettingsProps } from "./project-tabs.ts";
import { SettingsForm } from "./settings-form.tsx";

export function ProjectGeneral({ projectSlug, settings, mayChange }: ProjectSettingsProps) {
  return (
    <div className="space-y-8">
      <Names projectSlug={projectSlug} mayChange={mayChange} />
      <Section title="Events without an environment">
        <SettingsForm
          projectSlug={projectSlug}
          mayChange={mayChange}
          read={(data) => ({ default_environment: textOf(data, "default_environment") || null })}
        >
          <Field
            label="Environment to assume"
            name="default_environment"
            maxLength={64}
            placeholder="none"
            defaultValue={settings.default_environment ?? ""}
            className="max-w-64"
          />
        </SettingsForm>
      </Section>
      {mayChange && <Deletion projectSlug={projectSlug} />}
    </div>
  );
}

function Names({ projectSlug, mayChange }: { projectSlug: string; mayChange: boolean }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const project = useQuery(projectsQuery()).data?.find(({ slug }) => slug === projectSlug);
  const save = useMutation({
    mutationFn: (data: FormData) =>
      sendJson<ApiProjectDetail>("PATCH", `api/v1/projects/${encodeURIComponent(projectSlug)}`, {
        name: textOf(data, "name"),
        slug: textOf(data, "slug"),
        platform: textOf(data, "platform") || null,
      }),
    onSuccess: async ({ slug, name }) => {
      toast(`${name} is saved`);
      await queries.invalidateQueries({ queryKey: ["projects"] });
      if (slug !== projectSlug) await navigate({ to: "/projects/$slug/settings", params: { slug }, replace: true });
    },
  });
  if (project === undefined) return null;
  return (
    <Section title="Project">
      <Form key={project.slug} onData={(data) => save.mutate(data)} className="space-y-3">
        <fieldset disabled={!mayChange} className="grid gap-3 sm:grid-cols-3">
          <Field label="Name" name="name" required maxLength={100} pattern=".*\S.*" defaultValue={project.name} />
          <Field
            label="Short name, in addresses"
            name="slug"
            required
            maxLength={64}
            defaultValue={project.slug}
            hint="The former one keeps leading here."
          />
          <Field
            label="Platform"
            name="platform"
            maxLength={64}
            placeholder="javascript-react"
            defaultValue={project.platform ?? ""}
          />
        </fieldset>
        <FormError error={save.error} />
        {mayChange && (
          <Button type="submit" className="h-8" disabled={save.isPending}>
            Save the names
          </Button>
        )}
      </Form>
    </Section>
  );
}

function Deletion({ projectSlug }: { projectSlug: string }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () =>
      sendJson("POST", `api/v1/projects/${encodeURIComponent(projectSlug)}/delete`, { slug: projectSlug }),
    onSuccess: async () => {
      toast(`${projectSlug} is deleted`);
      await navigate({ to: "/" });
      await queries.invalidateQueries();
    },
    onError: (error) => {
      setAsking(false);
      toastFailure("The project is still there.", error);
    },
  });
  return (
    <Section title="Delete the project">
      <p className="mb-3 max-w-prose text-dim">
        Its keys stop at once, and its issues, events and alert rules are removed. This cannot be undone.
      </p>
      <Button className="text-red" onClick={() => setAsking(true)}>
        Delete the project…
      </Button>
      {isAsking && (
        <ConfirmByName
          title={`Delete ${projectSlug}?`}
          name={projectSlug}
          action="Delete it for good"
          isPending={remove.isPending}
          onCancel={() => setAsking(false)}
          onConfirm={() => remove.mutate()}
        >
          All that was ever sent to it is removed.
        </ConfirmByName>
      )}
    </Section>
  );
}
