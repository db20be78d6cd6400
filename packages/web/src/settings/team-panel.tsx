import type { ApiTeam } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { membersQuery, projectsQuery, teamQuery } from "../api/queries.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmByName } from "../ui/confirm-by-name.tsx";
import { Failure } from "../ui/failure.tsx";
import { inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { useChange } from "./parts.tsx";
import { RenameForm } from "./rename-form.tsx";

interface TeamPanelProps {
  readonly organization: string;
  readonly team: ApiTeam;
  readonly mayChange: boolean;
  readonly onGone: () => void;
}

/** Who is in a team, what it looks after, and for those who may: changing both, its name, and deleting it. */
export function TeamPanel({ organization, team, mayChange, onGone }: TeamPanelProps) {
  const detail = useQuery(teamQuery(organization, team.id));
  const members = useQuery(membersQuery(organization)).data ?? [];
  const projects = useQuery(projectsQuery()).data ?? [];
  const path = `api/v1/teams/${team.id}`;
  if (detail.isPending) return <Bone className="h-28 w-full" />;
  if (detail.data === undefined) {
    return <Failure title="The team could not be loaded." error={detail.error} onRetry={() => void detail.refetch()} />;
  }
  const isIn = new Set(detail.data.members.map(({ user_id }) => user_id));
  const isOf = new Set(detail.data.projects.map(({ id }) => id));
  return (
    <div className="mt-1.5 mb-1 basis-full space-y-4">
      <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
        <Part
          title="Members"
          empty="Nobody is in it yet."
          path={`${path}/members`}
          field="user_id"
          rows={detail.data.members.map(({ user_id, display_name, email }) => ({
            id: user_id,
            name: display_name,
            hint: email,
          }))}
          others={members
            .filter(({ user_id }) => !isIn.has(user_id))
            .map(({ user_id, display_name }) => ({ id: user_id, name: display_name }))}
          mayChange={mayChange}
          {...{ organization, team }}
        />
        <Part
          title="Projects"
          empty="It looks after none yet."
          path={`${path}/projects`}
          field="project"
          rows={detail.data.projects.map(({ id, name, slug }) => ({ id, name, hint: slug }))}
          others={projects.filter(({ id }) => !isOf.has(id)).map(({ id, name }) => ({ id, name }))}
          mayChange={mayChange}
          {...{ organization, team }}
        />
      </div>
      {mayChange && <NameAndEnd {...{ organization, team, path, onGone }} />}
    </div>
  );
}

interface PartRow {
  readonly id: string;
  readonly name: string;
  readonly hint?: string;
}

function Part(props: {
  title: string;
  empty: string;
  path: string;
  /** Of the request that adds one. */
  field: "user_id" | "project";
  rows: readonly PartRow[];
  others: readonly PartRow[];
  mayChange: boolean;
  organization: string;
  team: ApiTeam;
}) {
  const { title, path, field, rows, others, mayChange, organization, team } = props;
  const change = useChange(["teams", organization]);
  const nameOf = (id: string) => others.find((other) => other.id === id)?.name ?? "It";
  return (
    <Titled title={title}>
      {rows.length === 0 && <p className="text-faint">{props.empty}</p>}
      {rows.length > 0 && (
        <ul aria-label={`${title} of ${team.name}`} className="space-y-1">
          {rows.map(({ id, name, hint }) => (
            <li key={id} className="flex items-center gap-2">
              <span className="min-w-0 truncate">{name}</span>
              <span className="min-w-0 grow truncate text-xs text-faint">{hint}</span>
              {mayChange && (
                <Button
                  className="shrink-0"
                  aria-label={`Remove ${name} from ${team.name}`}
                  disabled={change.isPending}
                  onClick={() =>
                    change.mutate({ path: `${path}/${id}/remove`, done: `${name} is out of ${team.name}` })
                  }
                >
                  Remove
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayChange && others.length > 0 && (
        <Form
          // What was chosen is no choice any more.
          key={others.length}
          onData={(data) => {
            const id = textOf(data, "added");
            change.mutate({ path, body: { [field]: id }, done: `${nameOf(id)} is in ${team.name}` });
          }}
          className="mt-2 flex gap-2"
        >
          <select name="added" aria-label={`Other ${title.toLowerCase()} for ${team.name}`} className={inputClass}>
            {others.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
          <Button
            type="submit"
            className="h-8 shrink-0"
            aria-label={`Add to ${title.toLowerCase()} of ${team.name}`}
            disabled={change.isPending}
          >
            Add
          </Button>
        </Form>
      )}
    </Titled>
  );
}

function Titled({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <h3 className="mb-1.5 text-xs font-medium text-dim">{title}</h3>
      {children}
    </div>
  );
}

function NameAndEnd({ organization, team, path, onGone }: Omit<TeamPanelProps, "mayChange"> & { path: string }) {
  const change = useChange(["teams", organization]);
  const [mode, setMode] = useState<"shown" | "renamed" | "deleted">("shown");
  if (mode === "renamed") {
    return (
      <RenameForm
        label={`New name of ${team.name}`}
        name={team.name}
        isPending={change.isPending}
        onCancel={() => setMode("shown")}
        onName={(name) =>
          change.mutate(
            { method: "PATCH", path, body: { name }, done: `It is now called ${name}` },
            { onSuccess: () => setMode("shown") },
          )
        }
      />
    );
  }
  return (
    <div className="flex gap-1.5">
      <Button onClick={() => setMode("renamed")}>Rename</Button>
      <Button className="text-red" onClick={() => setMode("deleted")}>
        Delete…
      </Button>
      {mode === "deleted" && (
        <ConfirmByName
          title={`Delete ${team.name}?`}
          name={team.slug}
          action="Delete it"
          isPending={change.isPending}
          onCancel={() => setMode("shown")}
          onConfirm={() =>
            change.mutate({ path: `${path}/delete`, done: `${team.name} is deleted` }, { onSuccess: onGone })
          }
        >
          Its members and projects stay. Issues that are assigned to it are nobody's then.
        </ConfirmByName>
      )}
    </div>
  );
}
