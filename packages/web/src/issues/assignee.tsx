import { useQuery } from "@tanstack/react-query";
import { membersQuery } from "../api/queries.ts";
import { sessionQuery } from "../api/session.ts";

/** Who is to look after an issue. `short`: two letters in a circle. */
export function Assignee({ userId, short = false }: { userId: string | null; short?: boolean }) {
  const organization = useQuery(sessionQuery()).data?.organization?.slug;
  const members = useQuery(membersQuery(organization));
  if (userId === null) return short ? null : <span className="text-faint">Nobody</span>;
  const name = members.data?.find(({ user_id }) => user_id === userId)?.display_name ?? "Somebody";
  if (!short) return <span>{name}</span>;
  return (
    <span
      role="img"
      aria-label={`assigned to ${name}`}
      title={name}
      className="inline-grid size-5 place-items-center rounded-full bg-line text-[0.625rem] font-semibold text-dim"
    >
      {name.slice(0, 2).toUpperCase()}
    </span>
  );
}
