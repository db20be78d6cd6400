/** `mesher users …` and `mesher invitations …`: who may sign in, and how they get in. */
import type { ApiInvitation, ApiLink, ApiMember, ApiNewInvitation } from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { type Command, CommandError, isGiven, optionOf, UsageError } from "../command.ts";
import { readSecret } from "../read-secret.ts";
import {
  API_NOTES,
  API_OPTIONS,
  type Api,
  openApi,
  positionalOf,
  ROLE_OPTION,
  revokeCommand,
  show,
} from "./api-call.ts";

const list: Command = {
  name: "users list",
  summary: "Shows the members of the organization.",
  options: API_OPTIONS,
  notes: API_NOTES,
  run: async (given, terminal) => {
    const members = await listMembers(await openApi(given, terminal));
    const rows = members.map((member) => [member.email, member.role, member.joined_at, member.display_name]);
    return show(given, terminal, members, () => alignColumns([["EMAIL", "ROLE", "SINCE", "NAME"], ...rows]));
  },
};

const create: Command = {
  name: "users create",
  summary: "Makes a person who can sign in at once. The password is asked for, or the first line of standard input.",
  positional: "EMAIL",
  options: {
    ...API_OPTIONS,
    name: { value: "NAME", help: "What pages call them. Default: the address." },
    role: ROLE_OPTION,
  },
  notes: `${API_NOTES}\nOnly the server's own token may do this; everybody else invites.`,
  run: async (given, terminal) => {
    const email = positionalOf(given, "EMAIL");
    const { call } = await openApi(given, terminal);
    const body = {
      email,
      display_name: optionOf(given, "name") ?? email,
      password: await readSecret(terminal, "password"),
    };
    const answer = await call("POST", "/api/v1/users", { ...body, role: optionOf(given, "role") ?? "member" });
    return show(given, terminal, answer, () => `${email} can sign in now.`);
  },
};

const invite: Command = {
  name: "users invite",
  summary: "Prints a one-time link that makes somebody a member. It is sent to nobody: pass it on.",
  positional: "EMAIL",
  options: { ...API_OPTIONS, role: ROLE_OPTION },
  notes: API_NOTES,
  run: async (given, terminal) => {
    const body = { email: positionalOf(given, "EMAIL"), role: optionOf(given, "role") ?? "member" };
    const { call, organization } = await openApi(given, terminal);
    const answer = await call<ApiNewInvitation>("POST", `/api/v1/orgs/${organization.id}/invitations`, body);
    return show(given, terminal, answer, () => answer.link);
  },
};

const role: Command = {
  name: "users role",
  summary: "Gives a member another role.",
  positional: "EMAIL",
  options: { ...API_OPTIONS, role: { value: "ROLE", help: "owner, admin or member." } },
  notes: API_NOTES,
  run: async (given, terminal) => {
    const wanted = optionOf(given, "role");
    if (wanted === undefined) throw new UsageError("--role is missing: owner, admin or member.");
    const address = positionalOf(given, "EMAIL");
    const api = await openApi(given, terminal);
    const { id, email } = await findMember(api, address);
    const path = `/api/v1/orgs/${api.organization.id}/members/${id}/role`;
    return show(given, terminal, await api.call("POST", path, { role: wanted }), () => `${email} is ${wanted} now.`);
  },
};

const remove: Command = {
  name: "users remove",
  summary: "Takes a member out of the organization, with their tokens.",
  positional: "EMAIL",
  options: API_OPTIONS,
  notes: API_NOTES,
  run: async (given, terminal) => {
    const address = positionalOf(given, "EMAIL");
    const api = await openApi(given, terminal);
    const { id, email } = await findMember(api, address);
    const answer = await api.call("POST", `/api/v1/orgs/${api.organization.id}/members/${id}/remove`);
    return show(given, terminal, answer, () => `${email} is no member any more.`);
  },
};

const resetLink: Command = {
  name: "users reset-link",
  summary: "Prints a one-time link with which somebody sets a new password.",
  positional: "EMAIL",
  options: {
    ...API_OPTIONS,
    "clear-second-factor": { help: "Using the link also ends the second factor: for a phone and recovery codes lost." },
  },
  notes: `${API_NOTES}\nOnly the server's own token may do this; admins of an organization use the pages.`,
  run: async (given, terminal) => {
    const body = { email: positionalOf(given, "EMAIL"), clears_two_factor: isGiven(given, "clear-second-factor") };
    const { call } = await openApi(given, terminal);
    const answer = await call<ApiLink>("POST", "/api/v1/users/reset-link", body);
    return show(given, terminal, answer, () => answer.link);
  },
};

const invitations: Command = {
  name: "invitations list",
  summary: "Shows the invitations that can still be accepted.",
  options: API_OPTIONS,
  notes: API_NOTES,
  run: async (given, terminal) => {
    const { call, organization } = await openApi(given, terminal);
    const open = await call<readonly ApiInvitation[]>("GET", `/api/v1/orgs/${organization.id}/invitations`);
    const rows = open.map((each) => [each.id, each.email ?? "-", each.role, each.expires_at]);
    return show(given, terminal, open, () => alignColumns([["ID", "EMAIL", "ROLE", "UNTIL"], ...rows]));
  },
};

const revokeInvitation = revokeCommand("invitation", "Makes an invitation's link worthless.");

export const USERS_COMMANDS: readonly Command[] = [
  list,
  create,
  invite,
  role,
  remove,
  resetLink,
  invitations,
  revokeInvitation,
];

function listMembers({ call, organization }: Api): Promise<readonly ApiMember[]> {
  return call("GET", `/api/v1/orgs/${organization.id}/members`);
}

/** By e-mail address, which people know, unlike ids. */
export async function findMember(api: Api, email: string): Promise<ApiMember> {
  const found = (await listMembers(api)).find((member) => member.email === email.toLowerCase());
  if (found === undefined) throw new CommandError(`${email} is no member of ${api.organization.slug}.`);
  return found;
}
