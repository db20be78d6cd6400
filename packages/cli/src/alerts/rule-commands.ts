/** `mesher alert-rules …`: what tells people when something happens. */
import type { AlertCondition, ApiAlertRule, ApiAlertTest, ApiSilenced } from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { type Arguments, type Command, CommandError, isGiven, optionOf, UsageError } from "../command.ts";
import { findDestination } from "../deliveries/destinations-commands.ts";
import { defaultProject, PROJECT_OPTION } from "../issues/list-issues.ts";
import { API_NOTES, API_OPTIONS, type Api, openApi, positionalOf, show } from "../people/api-call.ts";
import { findMember } from "../people/users-commands.ts";
import type { Terminal } from "../terminal.ts";
import { numberOf, WISH_OPTIONS, wishOf } from "./rule-wish.ts";

const SILENCE_MINUTES_DEFAULT = 60;

const OPTIONS = { ...PROJECT_OPTION, ...API_OPTIONS } as const;
const RULE_NOTES = `RULE is an id, or the name of a rule of the project. ${API_NOTES}`;

const list: Command = {
  name: "alert-rules list",
  summary: "Lists the alert rules of a project.",
  options: OPTIONS,
  notes: API_NOTES,
  run: async (given, terminal) => {
    const api = await openApi(given, terminal);
    const rules = await rulesOf(api, given);
    return show(given, terminal, rules, () => (rules.length === 0 ? "No alert rules." : formatRules(rules)));
  },
};

const create: Command = {
  name: "alert-rules create",
  summary: "Makes an alert rule.",
  positional: "NAME",
  options: { ...WISH_OPTIONS, ...OPTIONS },
  examples: [
    'mesher alert-rules create "New issues" --condition new_issue --people members',
    'mesher alert-rules create "Many errors" --condition threshold --threshold 100 --window 5 --level error --destination ops',
    'mesher alert-rules create "Half the traffic" --condition percent_change --direction decrease --percent 50 --window 60',
  ],
  notes: API_NOTES,
  run: async (given, terminal) => {
    const name = positionalOf(given, "NAME");
    const api = await openApi(given, terminal);
    const body = await wishOf(given, name, {
      destinationId: async (named) => (await findDestination(api, named)).id,
      userId: async (email) => (await findMember(api, email)).user_id,
    });
    const rule = await api.call<ApiAlertRule>("POST", await rulesPath(api, given), body);
    return show(given, terminal, rule, () => formatRules([rule]));
  },
};

const test: Command = {
  name: "alert-rules test",
  summary: "Fires a rule on purpose: whomever it tells gets a test.",
  positional: "RULE",
  options: OPTIONS,
  notes: RULE_NOTES,
  run: (given, terminal) =>
    change(given, terminal, async ({ call }, { id, name }) => {
      const answer = await call<ApiAlertTest>("POST", `/api/v1/alert-rules/${id}/test`);
      return { answer, done: `${name} has fired a test: alert ${answer.alert_id}.` };
    }),
};

const silence: Command = {
  name: "alert-rules silence",
  summary: "Mutes a rule: its alerts are written down, and nobody is told.",
  positional: "RULE",
  options: {
    minutes: { value: "N", help: `For so long; 0 ends it. Default: ${SILENCE_MINUTES_DEFAULT}.` },
    ...OPTIONS,
  },
  examples: [
    'mesher alert-rules silence "New issues" --minutes 240',
    'mesher alert-rules silence "New issues" --minutes 0',
  ],
  notes: RULE_NOTES,
  run: (given, terminal) => {
    const minutes = numberOf(given, "minutes") ?? SILENCE_MINUTES_DEFAULT;
    return change(given, terminal, async ({ call }, { id, name }) => {
      const answer = await call<ApiSilenced>("POST", `/api/v1/alert-rules/${id}/silence`, { minutes });
      const until = answer.silenced_until;
      return { answer, done: until === null ? `${name} is silent no more.` : `${name} is silent until ${until}.` };
    });
  },
};

const remove: Command = {
  name: "alert-rules delete",
  summary: "Deletes a rule with its alerts. It cannot be undone.",
  positional: "RULE",
  options: { yes: { help: "Needed: nobody deletes by a slip." }, ...OPTIONS },
  notes: RULE_NOTES,
  run: (given, terminal) => {
    if (!isGiven(given, "yes"))
      throw new UsageError("mesher alert-rules delete cannot be undone. Say --yes if you mean it.");
    return change(given, terminal, async ({ call }, { id, name }) => {
      const answer = await call("POST", `/api/v1/alert-rules/${id}/delete`);
      return { answer, done: `${name} is deleted.` };
    });
  },
};

export const RULE_COMMANDS: readonly Command[] = [
  list,
  create,
  test,
  silence,
  switchCommand("enable", true, "Switches a rule on."),
  switchCommand("disable", false, "Switches a rule off: it fires no alerts."),
  remove,
];

function switchCommand(verb: "enable" | "disable", enabled: boolean, summary: string): Command {
  return {
    name: `alert-rules ${verb}`,
    summary,
    positional: "RULE",
    options: OPTIONS,
    notes: RULE_NOTES,
    run: (given, terminal) =>
      change(given, terminal, async ({ call }, { id, name }) => {
        const answer = await call("POST", `/api/v1/alert-rules/${id}/toggle`, { enabled });
        return { answer, done: `${name} is ${enabled ? "on" : "off"}.` };
      }),
  };
}

type Change = (api: Api, rule: ApiAlertRule) => Promise<{ readonly answer: unknown; readonly done: string }>;

/** Of the rule that is named. */
async function change(given: Arguments, terminal: Terminal, make: Change): Promise<number> {
  const named = positionalOf(given, "RULE");
  const api = await openApi(given, terminal);
  const { answer, done } = await make(api, await findRule(api, given, named));
  return show(given, terminal, answer, () => done);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id leads to a rule of any project; a name, to one of the project that is given. */
async function findRule(api: Api, given: Arguments, named: string): Promise<ApiAlertRule> {
  if (UUID.test(named)) return api.call("GET", `/api/v1/alert-rules/${named}`);
  const [only, another] = (await rulesOf(api, given)).filter(({ name }) => name === named);
  if (only === undefined) throw new CommandError(`There is no alert rule ${named}.`);
  if (another !== undefined) throw new CommandError(`Several alert rules are called ${named}: give an id.`);
  return only;
}

async function rulesOf(api: Api, given: Arguments): Promise<readonly ApiAlertRule[]> {
  return api.call("GET", await rulesPath(api, given));
}

async function rulesPath({ access }: Api, given: Arguments): Promise<string> {
  const project = optionOf(given, "project") ?? (await defaultProject(access));
  return `/api/v1/projects/${encodeURIComponent(project)}/alert-rules`;
}

function formatRules(rules: readonly ApiAlertRule[]): string {
  const rows = rules.map((rule) => [
    rule.id,
    rule.enabled ? (rule.silenced_until === null ? "on" : `silent until ${rule.silenced_until}`) : "off",
    rule.name,
    describe(rule.condition),
    `${rule.cooldown_minutes} min`,
    rule.last_fired_at ?? "-",
    String(rule.open_alerts),
  ]);
  return alignColumns([["RULE", "STATE", "NAME", "CONDITION", "COOLDOWN", "FIRED LAST", "OPEN"], ...rows]);
}

function describe(condition: AlertCondition): string {
  if (!("window_minutes" in condition)) return condition.condition_type;
  const window = `in ${condition.window_minutes} min`;
  if (condition.condition_type === "percent_change")
    return `${condition.direction} of more than ${condition.percent} % ${window}`;
  return `${condition.condition_type} > ${condition.threshold} ${window}`;
}
