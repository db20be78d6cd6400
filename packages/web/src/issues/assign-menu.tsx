import type { ApiIssue, ApiIssueCommand } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { membersQuery, teamsQuery } from "../api/queries.ts";
import { sessionQuery } from "../api/session.ts";
import { type Choice, Picker } from "../ui/picker.tsx";

const NOBODY = "nobody";

/** Whom issues shall be assigned to: oneself, nobody, a team or a person. */
export function AssignMenu(props: {
  issues: readonly ApiIssue[];
  onCommand: (command: ApiIssueCommand) => void;
  side: "top" | "bottom";
}) {
  const session = useQuery(sessionQuery()).data;
  const organization = session?.organization?.slug;
  const members = useQuery(membersQuery(organization)).data ?? [];
  const teams = useQuery(teamsQuery(organization)).data ?? [];
  const me = members.find(({ user_id }) => user_id === session?.user?.id);
  const choices: readonly Choice[] = [
    // That is whom one assigns most.
    ...(me === undefined ? [] : [{ value: `user:${me.user_id}`, name: me.display_name, hint: "(you)" }]),
    { value: NOBODY, name: "Nobody" },
    ...teams.map(({ id, name, slug }) => ({ value: `team:${id}`, name, hint: `#${slug}`, group: "Teams" })),
    ...members
      .filter((member) => member !== me)
      .map(({ user_id, display_name, email }) => ({
        value: `user:${user_id}`,
        name: display_name,
        hint: email,
        group: "People",
      })),
  ];
  const choose = (value: string) => {
    const [kind, id = ""] = value.split(":");
    props.onCommand(kind === "team" ? { do: "assign", team: id } : { do: "assign", user_id: id });
  };
  const [issue] = props.issues;
  return (
    <Picker
      label="Assign"
      button="Assign"
      name="assign"
      placeholder="A person or a team"
      choices={choices}
      chosen={props.issues.length === 1 && issue !== undefined ? choiceOf(issue) : undefined}
      onChoose={choose}
      side={props.side}
    />
  );
}

function choiceOf({ assigned_to: userId, assigned_team: teamId }: ApiIssue): string {
  if (teamId !== null) return `team:${teamId}`;
  return userId === null ? NOBODY : `user:${userId}`;
}
