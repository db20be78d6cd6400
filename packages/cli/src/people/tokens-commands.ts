import type { ApiNewToken, ApiToken } from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { type Command, optionOf } from "../command.ts";
import { API_NOTES, API_OPTIONS, openApi, positionalOf, ROLE_OPTION, revokeCommand, show } from "./api-call.ts";

const list: Command = {
  name: "tokens list",
  summary: "Shows the organization's API tokens, and when each was used last.",
  options: API_OPTIONS,
  notes: API_NOTES,
  run: async (given, terminal) => {
    const { call, organization } = await openApi(given, terminal);
    const tokens = await call<readonly ApiToken[]>("GET", `/api/v1/orgs/${organization.id}/tokens`);
    const rows = tokens.map(({ id, label, role, scopes, last_used_at }) => [
      id,
      label,
      role,
      last_used_at ?? "never",
      scopes.join(" "),
    ]);
    return show(given, terminal, tokens, () => alignColumns([["ID", "LABEL", "ROLE", "USED", "SCOPES"], ...rows]));
  },
};

const create: Command = {
  name: "tokens create",
  summary: "Makes an API token of the organization and prints it. It cannot be shown again.",
  positional: "LABEL",
  options: {
    ...API_OPTIONS,
    scope: {
      value: "SCOPE",
      help: "What it may: event:read, issue:write, project:admin, org:read, org:admin. Default: event:read.",
      repeatable: true,
    },
    role: ROLE_OPTION,
  },
  notes: API_NOTES,
  run: async (given, terminal) => {
    const label = positionalOf(given, "LABEL");
    const { call, organization } = await openApi(given, terminal);
    const answer = await call<ApiNewToken>("POST", `/api/v1/orgs/${organization.id}/tokens`, {
      label,
      scopes: given.options.get("scope") ?? ["event:read"],
      role: optionOf(given, "role") ?? "member",
    });
    return show(given, terminal, answer, () => answer.token);
  },
};

const revoke = revokeCommand("token", "Revokes an API token: the next request with it is refused, on every node.");

export const TOKENS_COMMANDS: readonly Command[] = [list, create, revoke];
