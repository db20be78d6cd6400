import type { ApiOrganization } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sendJson } from "../api/client.ts";
import { projectsQuery } from "../api/queries.ts";
import { hasRole } from "../api/session.ts";
import { PLATFORMS, platformOf } from "../onboarding/snippets.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { toast } from "../ui/toasts.tsx";
import { Line, LineLink, Lines } from "./parts.tsx";
import { SettingsFrame, type SettingsPageProps } from "./settings-frame.tsx";

/** The organization itself, its projects, and how to make another one. */
export function OrganizationPage() {
  return (
    <SettingsFrame title="Organization">
      {(given) => (
        <div className="space-y-8">
          <Name {...given} />
          <Projects {...given} />
          {given.session.user !== null && <NewOrganization />}
        </div>
      )}
    </SettingsFrame>
  );
}

function Name({ session, organization }: SettingsPageProps) {
  const queries = useQueryClient();
  const rename = useMutation({
    mutationFn: (data: FormData) =>
      sendJson<ApiOrganization>("POST", `api/v1/orgs/${encodeURIComponent(organization)}/rename`, {
        name: textOf(data, "name"),
      }),
    onSuccess: ({ name }) => {
      toast(`It is now called ${name}`);
      return queries.invalidateQueries({ queryKey: ["session"] });
    },
  });
  const name = session.organization?.name ?? "";
  return (
    <Section title="Name">
      {hasRole(session, "admin") ? (
        <Form key={name} onData={(data) => rename.mutate(data)} className="flex flex-wrap items-end gap-2">
          <Field
            label="Name of the organization"
            name="name"
            required
            maxLength={100}
            pattern=".*\S.*"
            defaultValue={name}
            className="max-w-72 grow"
          />
          <Button type="submit" className="h-8" disabled={rename.isPending}>
            Rename
          </Button>
          <FormError error={rename.error} />
        </Form>
      ) : (
        <p>
          <span className="font-medium">{name}</span> <span className="text-dim">where you are a member.</span>
        </p>
      )}
      <p className="mt-2 text-xs text-faint">
        In addresses and commands it stays <code>{organization}</code>.
      </p>
    </Section>
  );
}

function Projects({ session }: SettingsPageProps) {
  const projects = useQuery(projectsQuery());
  if (projects.isPending) return <Bone className="h-24 w-full" />;
  if (projects.data === undefined) {
    return (
      <Failure
        title="The projects could not be loaded."
        error={projects.error}
        onRetry={() => void projects.refetch()}
      />
    );
  }
  return (
    <Section title="Projects">
      {projects.data.length === 0 && (
        <p className="text-faint">
          No project yet.{" "}
          {hasRole(session, "admin") ? "Create one from the overview." : "Owners and admins create them."}
        </p>
      )}
      {projects.data.length > 0 && (
        <Lines label="Projects">
          {projects.data.map(({ id, slug, name, platform }) => (
            <Line
              key={id}
              title={name}
              detail={<code>{platform === null ? slug : `${slug} · ${PLATFORMS[platformOf(platform)].name}`}</code>}
            >
              <LineLink to="/projects/$slug" slug={slug}>
                Issues
              </LineLink>
              <LineLink to="/projects/$slug/settings" slug={slug}>
                Settings
              </LineLink>
            </Line>
          ))}
        </Lines>
      )}
    </Section>
  );
}

function NewOrganization() {
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const make = useMutation({
    mutationFn: (data: FormData) => sendJson<ApiOrganization>("POST", "api/v1/orgs", { name: textOf(data, "name") }),
    onSuccess: ({ name }) => {
      setOpen(false);
      toast(`${name} was created; switch to it in the menu at the top`);
      return queries.invalidateQueries({ queryKey: ["session"] });
    },
  });
  return (
    <Section title="Another organization">
      <p className="mb-2 max-w-prose text-dim">It has its own people, projects and events. You become its owner.</p>
      {isOpen ? (
        <Form onData={(data) => make.mutate(data)} className="flex flex-wrap items-end gap-2">
          <Field
            label="Name"
            name="name"
            required
            maxLength={100}
            pattern=".*\S.*"
            autoFocus
            className="max-w-72 grow"
          />
          <Button type="submit" className="h-8" disabled={make.isPending}>
            Create organization
          </Button>
          <Button className="h-8" onClick={() => setOpen(false)}>
            Cancel
          </Button>
          <FormError error={make.error} />
        </Form>
      ) : (
        <Button onClick={() => setOpen(true)}>New organization</Button>
      )}
    </Section>
  );
}
