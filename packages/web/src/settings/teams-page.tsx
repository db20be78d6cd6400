import type { ApiTeam } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { teamsQuery } from "../api/queries.ts";
import { hasRole } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { Line, Lines, useChange } from "./parts.tsx";
import { SettingsFrame, type SettingsPageProps } from "./settings-frame.tsx";
import { TeamPanel } from "./team-panel.tsx";

/** `open`: the slug of the team that is shown whole. */
export function TeamsPage({ open }: { open: string | undefined }) {
  return (
    <SettingsFrame title="Teams">
      {(given) => (
        <section aria-label="Teams">
          <p className="mb-3 max-w-prose text-dim">
            Members who look after the same projects. When an issue is assigned to a team, everyone in it hears of its
            alerts. Teams restrict nothing: every member sees all projects.
          </p>
          <Teams {...given} open={open} />
        </section>
      )}
    </SettingsFrame>
  );
}

function Teams({ organization, session, open }: SettingsPageProps & { open: string | undefined }) {
  const teams = useQuery(teamsQuery(organization));
  const navigate = useNavigate({ from: "/settings/teams" });
  const show = (slug: string | undefined) => void navigate({ search: { open: slug }, replace: true });
  const mayChange = hasRole(session, "admin");
  if (teams.isPending) return <Bone className="h-32 w-full" />;
  if (teams.data === undefined) {
    return <Failure title="The teams could not be loaded." error={teams.error} onRetry={() => void teams.refetch()} />;
  }
  return (
    <>
      {teams.data.length === 0 ? (
        <p className="text-faint">No team yet.</p>
      ) : (
        <Lines label="Teams">
          {teams.data.map((team) => (
            <Line
              key={team.id}
              title={team.name}
              detail={`#${team.slug}, ${sizeOf(team)}`}
              below={
                team.slug === open && (
                  <TeamPanel
                    organization={organization}
                    team={team}
                    mayChange={mayChange}
                    onGone={() => show(undefined)}
                  />
                )
              }
            >
              <Button
                aria-label={`${team.slug === open ? "Close" : "Show"} ${team.name}`}
                aria-expanded={team.slug === open}
                onClick={() => show(team.slug === open ? undefined : team.slug)}
              >
                {team.slug === open ? "Close" : "Show"}
              </Button>
            </Line>
          ))}
        </Lines>
      )}
      {mayChange ? (
        <NewTeam organization={organization} onMade={show} />
      ) : (
        <p className="mt-3 text-faint">Owners and admins of the organization change these.</p>
      )}
    </>
  );
}

const count = (number: number, one: string) => `${number} ${number === 1 ? one : `${one}s`}`;

function sizeOf({ member_count, project_count }: ApiTeam): string {
  return `${count(member_count, "member")}, ${count(project_count, "project")}`;
}

function NewTeam({ organization, onMade }: { organization: string; onMade: (slug: string) => void }) {
  const change = useChange<ApiTeam>(["teams", organization]);
  return (
    <Form
      onData={(data) => {
        const name = textOf(data, "name");
        change.mutate(
          { path: "api/v1/teams", body: { name }, done: `${name} was created` },
          { onSuccess: ({ slug }) => onMade(slug) },
        );
      }}
      className="mt-3 flex flex-wrap items-end gap-2"
    >
      <Field
        label="New team"
        name="name"
        required
        maxLength={100}
        pattern=".*\S.*"
        autoComplete="off"
        className="max-w-64 grow"
      />
      <Button type="submit" className="h-8" disabled={change.isPending}>
        Create team
      </Button>
    </Form>
  );
}
