/** What a person wants to hear by mail; and the links in mails that stop them. */
import { type ApiNotificationPreferences, NOTIFICATION_MODES, type NotificationMode } from "@mesher/protocol";
import { Type } from "typebox";
import { findPreferences, savePreferences } from "../deliveries/preferences.queries.ts";
import { readUnsubscribeToken, type UnsubscribeTopic } from "../deliveries/unsubscribe.ts";
import { RequestRefusedError } from "./api-error.ts";
import { checkFields, matching, onOrOff } from "./check-fields.ts";
import type { ApiDependencies, App } from "./dependencies.ts";

const PERSON = { config: { access: "person" } } as const;
const OPEN = { config: { access: "open" } } as const;

const FIELDS = {
  mode: matching(isMode, `must be one of ${NOTIFICATION_MODES.join(", ")}`),
  only_assigned: onOrOff,
  weekly_report: onOrOff,
};

const TokenQuery = Type.Object({ token: Type.String({ maxLength: 300, description: "Of the link in a mail" }) });
type WithToken = { Querystring: Type.Static<typeof TokenQuery> };

export function registerNotificationPreferenceRoutes(app: App, deps: ApiDependencies): void {
  /** In the organization the login is about. */
  app.get(
    "/api/v1/me/notification-preferences",
    PERSON,
    async (request): Promise<ApiNotificationPreferences> => show(deps, await getPerson(deps, request)),
  );

  app.patch("/api/v1/me/notification-preferences", PERSON, async (request): Promise<ApiNotificationPreferences> => {
    const person = await getPerson(deps, request);
    const { mode, only_assigned: onlyAssigned, weekly_report: weeklyReport } = checkFields(request.body, FIELDS);
    await savePreferences(deps.database, person, {
      ...(mode !== undefined && { mode: mode as NotificationMode }),
      ...(onlyAssigned !== undefined && { onlyAssigned }),
      ...(weeklyReport !== undefined && { weeklyReport }),
    });
    return show(deps, person);
  });

  /** Only asks: programs that look at the links of a mail must not unsubscribe anybody. */
  app.get<WithToken>(
    "/api/v1/unsubscribe",
    { ...OPEN, schema: { querystring: TokenQuery } },
    async (request, reply) => {
      const { topic } = readToken(deps, request.query.token);
      return answerPage(
        reply,
        `<p>Get no more ${NAMES[topic]} by mail?</p><form method="post"><button>Yes, stop them</button></form>`,
      );
    },
  );

  void app.register(async (forms) => {
    // What mail programs and the form above post says nothing that the token does not.
    const types = ["application/x-www-form-urlencoded", "multipart/form-data"];
    forms.addContentTypeParser(types, { parseAs: "string", bodyLimit: FORM_BYTES_MAX }, (_request, _body, done) =>
      done(null, undefined),
    );
    /** One click, as RFC 8058 has it: no login, no further question. */
    forms.post<WithToken>(
      "/api/v1/unsubscribe",
      { ...OPEN, schema: { querystring: TokenQuery } },
      async (request, reply) => {
        const { topic, ...person } = readToken(deps, request.query.token);
        await savePreferences(deps.database, person, topic === "alerts" ? { mode: "mute" } : { weeklyReport: false });
        return answerPage(
          reply,
          `<p>There will be no more ${NAMES[topic]}. Your account's settings bring them back.</p>`,
        );
      },
    );
  });
}

const FORM_BYTES_MAX = 4_096;

const NAMES: Readonly<Record<UnsubscribeTopic, string>> = { alerts: "alerts", weekly_report: "weekly reports" };

function readToken({ deliveries }: ApiDependencies, token: string) {
  const found = readUnsubscribeToken(deliveries.keys.unsubscribe, token);
  if (found === undefined)
    throw new RequestRefusedError(404, "not_found", "this link is not one of ours, or was cut off on its way");
  return found;
}

interface Replying {
  type(mediaType: string): Replying;
  header(name: string, value: string): Replying;
  send(body: string): unknown;
}

/** The form's own address is told to the server that it posts to, which by that knows its own page. */
function answerPage(reply: Replying, body: string): unknown {
  return reply
    .type("text/html; charset=utf-8")
    .header(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    )
    .header("referrer-policy", "same-origin")
    .send(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>Mesher</title></head><body style="font:16px/1.5 system-ui,sans-serif;max-width:30em;margin:4em auto;padding:0 1em"><h1 style="font-size:20px">Mesher</h1>${body}</body></html>`,
    );
}

interface Person {
  readonly organizationId: string;
  readonly userId: string;
  readonly email: string;
}

async function getPerson(
  deps: ApiDependencies,
  request: Parameters<ApiDependencies["authenticate"]>[0],
): Promise<Person> {
  const { userId, email } = await deps.authenticatePerson(request);
  const { organizationId } = await deps.authenticate(request);
  return { organizationId, userId, email };
}

async function show(deps: ApiDependencies, person: Person): Promise<ApiNotificationPreferences> {
  const { organizationId, userId, email } = person;
  const { mode, onlyAssigned, weeklyReport } = await findPreferences(deps.database, organizationId, userId);
  return {
    organization_id: organizationId,
    mode,
    only_assigned: onlyAssigned,
    weekly_report: weeklyReport,
    email,
    is_mail_set_up: deps.deliveries.isMailSetUp,
  };
}

function isMode(text: string): text is NotificationMode {
  return (NOTIFICATION_MODES as readonly string[]).includes(text);
}
