import type { ApiIssue } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { membersQuery, teamsQuery } from "../api/queries.ts";
import { sessionQuery } from "../api/session.ts";

interface AssigneeProps {
  readonly issue: Pick<ApiIssue, "assigned_to" | "assigned_team">;
  readonly short?: boolean;
}

/** Who is to look after an issue. `short`: two letters, of a person in a circle, of a team in a square. */
export function Assignee({ issue: { assigned_to: userId, assigned_team: teamId }, short = false }: AssigneeProps) {
  const nameOf = useAssigneeName();
  if (userId === null && teamId === null) return short ? null : <span className="text-faint">Nobody</span>;
  const name = nameOf(userId, teamId);
  if (!short) return <span>{name}</span>;
  return (
    <span
      role="img"
      aria-label={`assigned to ${name}`}
      title={name}
      className={`inline-grid size-5 place-items-center bg-line text-[0.625rem] font-semibold text-dim ${
        teamId === null ? "rounded-full" : "rounded-sm"
      }`}
    >
      {name.replace(/^#/, "").slice(0, 2).toUpperCase()}
    </span>
  );
}

/** What a person, or a team, is called; of neither it is somebody who is gone. */
export function useAssigneeName(): (userId: string | null, teamId: string | null) => string {
  const organization = useQuery(sessionQuery()).data?.organization?.slug;
  const members = useQuery(membersQuery(organization)).data;
  const teams = useQuery({ ...teamsQuery(organization), enabled: organization !== undefined }).data;
  return (userId, teamId) => {
    if (teamId !== null) return teams?.find(({ id }) => id === teamId)?.name ?? "A team";
    return members?.find(({ user_id }) => user_id === userId)?.display_name ?? "Somebody";
  };
}
