import type { ApiProjectKey } from "@mesher/protocol";
import { alignColumns } from "./align-columns.ts";
import { parseNumberOption } from "./arguments.ts";
import { type Arguments, type Command, isGiven, optionOf } from "./command.ts";
import { API_OPTIONS, show } from "./people/api-call.ts";
import { demandPositional, isDone, projectPath } from "./project-commands.ts";
import { fetchAnswer, findServerAccess, postFor, SERVER_NOTES } from "./server-access.ts";

const RATE_LIMIT_MAX = 2_000_000_000;

export const keyCommands: readonly Command[] = [
  {
    name: "keys list",
    summary: "Shows a project's keys with their DSNs, revoked ones too.",
    positional: "PROJECT",
    options: API_OPTIONS,
    notes: SERVER_NOTES,
    run: async (given, terminal) => {
      const path = `${projectPath(given)}/api-keys`;
      const keys = await fetchAnswer(await findServerAccess(given, terminal), path, areKeys);
      return show(given, terminal, keys, () => formatKeys(keys));
    },
  },
  {
    name: "keys create",
    summary: "Gives a project one more key and shows its DSN.",
    positional: "PROJECT",
    options: {
      ...API_OPTIONS,
      label: { value: "TEXT", help: "What it is for. Default: default." },
      "rate-limit": { value: "EVENTS", help: "Events it may send in a window. Default: as the project has it." },
    },
    notes: SERVER_NOTES,
    run: async (given, terminal) => {
      const path = `${projectPath(given)}/api-keys`;
      const body = keyWish(given);
      const key = await postFor(await findServerAccess(given, terminal), path, body, isKey);
      return show(given, terminal, key, () => formatKeys([key]));
    },
  },
  {
    name: "keys revoke",
    summary: "Ends a key: whoever sends with it is refused from now on, on all nodes.",
    positional: "KEY-ID",
    options: API_OPTIONS,
    notes: `KEY-ID stands in the list of a project's keys.\n${SERVER_NOTES}`,
    run: async (given, terminal) => {
      const path = `/api/v1/api-keys/${encodeURIComponent(demandPositional(given, "KEY-ID"))}/revoke`;
      const answer = await postFor(await findServerAccess(given, terminal), path, {}, isDone);
      return show(given, terminal, answer, () =>
        answer.affected === 0 ? "The key was revoked before." : "The key is revoked.",
      );
    },
  },
];

function keyWish(given: Arguments): Record<string, unknown> {
  const label = optionOf(given, "label");
  const bounds = { fallback: 1, min: 1, max: RATE_LIMIT_MAX };
  return {
    ...(label === undefined ? {} : { label }),
    ...(isGiven(given, "rate-limit") ? { rate_limit_events: parseNumberOption(given, "rate-limit", bounds) } : {}),
  };
}

function formatKeys(keys: readonly ApiProjectKey[]): string {
  const rows = keys.map(({ id, label, rate_limit_events: limit, revoked_at: revokedAt, dsn }) => [
    id,
    label,
    limit === null ? "-" : String(limit),
    revokedAt === null ? "active" : `revoked ${revokedAt}`,
    dsn,
  ]);
  return alignColumns([["KEY-ID", "LABEL", "LIMIT", "STATE", "DSN"], ...rows]);
}

function isKey(value: unknown): value is ApiProjectKey {
  return typeof (value as ApiProjectKey | null)?.key_value === "string";
}

function areKeys(value: unknown): value is readonly ApiProjectKey[] {
  return Array.isArray(value) && value.every(isKey);
}
