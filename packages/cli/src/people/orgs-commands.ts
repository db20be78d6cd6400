import type { ApiMembership, ApiOrganization } from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { type Command, optionOf, UsageError } from "../command.ts";
import { API_NOTES, API_OPTIONS, openApi, positionalOf, show } from "./api-call.ts";
import { findMember } from "./users-commands.ts";

const list: Command = {
  name: "orgs list",
  summary: "Shows the organization of the token.",
  options: API_OPTIONS,
  notes: API_NOTES,
  run: async (given, terminal) => {
    const { call } = await openApi(given, terminal);
    const found = await call<readonly ApiMembership[]>("GET", "/api/v1/orgs");
    const rows = found.map((each) => [each.slug, each.name, each.role, each.id]);
    return show(given, terminal, found, () => alignColumns([["SLUG", "NAME", "ROLE", "ID"], ...rows]));
  },
};

const create: Command = {
  name: "orgs create",
  summary: "Makes an organization, with a member of the token's organization as its first owner.",
  positional: "NAME",
  options: {
    ...API_OPTIONS,
    owner: { value: "EMAIL", help: "Who owns it." },
    slug: { value: "SLUG", help: "How addresses call it. Default: made of the name." },
  },
  notes: API_NOTES,
  run: async (given, terminal) => {
    const owner = optionOf(given, "owner");
    if (owner === undefined) throw new UsageError("--owner is missing: the e-mail address of a member.");
    const name = positionalOf(given, "NAME");
    const api = await openApi(given, terminal);
    const slug = optionOf(given, "slug");
    const answer = await api.call<ApiOrganization>("POST", "/api/v1/orgs", {
      name,
      owner_user_id: (await findMember(api, owner)).user_id,
      ...(slug !== undefined && { slug }),
    });
    return show(given, terminal, answer, () => `${answer.name} is there, as ${answer.slug}.`);
  },
};

const rename: Command = {
  name: "orgs rename",
  summary: "Gives the organization another name. Its slug stays.",
  positional: "NAME",
  options: API_OPTIONS,
  notes: API_NOTES,
  run: async (given, terminal) => {
    const body = { name: positionalOf(given, "NAME") };
    const { call, organization } = await openApi(given, terminal);
    const answer = await call<ApiOrganization>("POST", `/api/v1/orgs/${organization.id}/rename`, body);
    return show(given, terminal, answer, () => `${answer.slug} is called ${answer.name} now.`);
  },
};

export const ORGS_COMMANDS: readonly Command[] = [list, create, rename];
