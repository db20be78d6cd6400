/** The API names people and teams by their ids; people call them by an address, or a slug behind a #. */
import type { ApiMember, ApiMembership, ApiTeam } from "@mesher/protocol";
import { CommandError } from "../command.ts";
import { fetchAnswer, type ServerAccess } from "../server-access.ts";

/** By id: the address of every member of the token's organization, and `#slug` of every team. */
export async function fetchAssigneeNames(access: ServerAccess): Promise<ReadonlyMap<string, string>> {
  const [members, teams] = await Promise.all([
    fetchMembers(access),
    fetchAnswer(access, "/api/v1/teams", (value): value is readonly ApiTeam[] => Array.isArray(value)),
  ]);
  return new Map([
    ...members.map(({ user_id, email }): [string, string] => [user_id, email]),
    ...teams.map(({ id, slug }): [string, string] => [id, `#${slug}`]),
  ]);
}

/** Whom an address belongs to. Throws a CommandError when it is nobody's. */
export async function findUserId(access: ServerAccess, email: string): Promise<string> {
  const isMeant = (member: ApiMember) => member.email.toLowerCase() === email.toLowerCase();
  const member = (await fetchMembers(access)).find(isMeant);
  if (member === undefined) throw new CommandError(`${email} is no member of the organization.`);
  return member.user_id;
}

async function fetchMembers(access: ServerAccess): Promise<readonly ApiMember[]> {
  const isMemberships = (value: unknown): value is readonly ApiMembership[] => Array.isArray(value);
  const [organization] = await fetchAnswer(access, "/api/v1/orgs", isMemberships);
  if (organization === undefined) throw new CommandError("The token belongs to no organization.");
  const isMembers = (value: unknown): value is readonly ApiMember[] => Array.isArray(value);
  return fetchAnswer(access, `/api/v1/orgs/${organization.id}/members`, isMembers);
}
