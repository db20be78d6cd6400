/**
 * What the fuzz of the API asks for by its id: things of every kind in the organization of those who ask, and in another
 * one, whose things nobody of the first may ever see or change.
 */
import type {
  ApiActivity,
  ApiAlert,
  ApiAlertRule,
  ApiInvitation,
  ApiIssue,
  ApiLogin,
  ApiMember,
  ApiNewDestination,
  ApiNewToken,
  ApiOrganization,
  ApiPage,
  ApiPasskey,
  ApiProjectDetail,
  ApiProjectKey,
  ApiSavedSearch,
  ApiTeam,
} from "@mesher/protocol";
import { newEventId, sendEvent, TEST_TOKEN, waitUntil } from "@mesher/testkit";
import { type Challenge, TestAuthenticator } from "../packages/testkit/test/test-authenticator.ts";

/** Ids by the name of the parameter that they are for. The comment at a place in its list is on the issue at the same place. */
export type Ids = Readonly<Record<string, readonly string[]>>;

export interface FuzzedWorld {
  readonly ids: Ids;
  readonly foreignIds: Ids;
}

/** With which the server that is fuzzed must be started. */
export const FUZZ_OWNER = { MESHER_ADMIN_EMAIL: "owner@example.com", MESHER_ADMIN_PASSWORD: "correct horse battery" };

/** How many there are of each. */
interface Counts {
  readonly issues: number;
  readonly things: number;
  readonly people: number;
}

/** The more cases, the more of each, because they delete them. */
function ownCounts(cases: number): Counts {
  const things = Math.min(Math.max(Math.ceil(cases / CASES_PER_THING), 4), 16);
  return { issues: 2 * things, things, people: 2 };
}

const CASES_PER_THING = 500;
const FOREIGN: Counts = { issues: 1, things: 1, people: 1 };

/** Nobody has this address (RFC 2606): what is sent there goes nowhere. */
const RECEIVER_URL = "https://receiver.invalid/mesher";

/** `cases`: how many will be asked. */
export async function makeWorld(server: { readonly url: string }, cases: number): Promise<FuzzedWorld> {
  const counts = ownCounts(cases);
  const { MESHER_ADMIN_EMAIL: email, MESHER_ADMIN_PASSWORD: password } = FUZZ_OWNER;
  const installation = new Session(server.url, { authorization: `Bearer ${TEST_TOKEN}` });
  const owner = await signIn(server.url, email, password);
  const foreigner = await makeForeigner(installation, password);
  for (let n = 0; n < counts.people; n += 1) {
    await installation.post("users", { email: `member-${n}@example.com`, display_name: `Member ${n}`, password });
  }
  // Not the owner, who is to stay one.
  const members = (await listMembers(owner, "default")).filter((member) => member.email !== email);
  return {
    ids: {
      ...(await makeThings(owner, { org: "default", project: await owner.get("projects/default"), counts })),
      ...(await makeOwnThings(owner, () => signIn(server.url, email, password), counts.people)),
      ...idsOfMembers(members),
    },
    foreignIds: {
      ...(await makeThings(foreigner, {
        org: "foreign",
        project: await foreigner.post("projects", { name: "Foreign shop" }),
        counts: FOREIGN,
      })),
      ...(await makeOwnThings(foreigner, () => signIn(server.url, FOREIGNER, password), FOREIGN.people)),
      ...idsOfMembers(await foreigner.get("orgs/foreign/members")),
    },
  };
}

const FOREIGNER = "foreigner@example.com";

/** Owner of an organization of their own, and no member of the other. */
async function makeForeigner(installation: Session, password: string): Promise<Session> {
  await installation.post("users", { email: FOREIGNER, display_name: "Foreigner", password });
  const member = (await listMembers(installation, "default")).find(({ email }) => email === FOREIGNER);
  await installation.post<ApiOrganization>("orgs", { name: "Foreign", owner_user_id: member?.user_id });
  await installation.post(`orgs/default/members/${member?.id}/remove`, {});
  return signIn(installation.url, FOREIGNER, password);
}

interface Place {
  readonly org: string;
  readonly project: ApiProjectDetail;
  readonly counts: Counts;
}

/** What belongs to an organization and its project. */
async function makeThings(session: Session, { org, project, counts }: Place): Promise<Ids> {
  await session.post<ApiAlertRule>(`projects/${project.id}/alert-rules`, {
    condition: { condition_type: "new_issue" },
    cooldown_scope: "issue",
  });
  const { events, issues } = await makeIssues(session, project, counts.issues);
  const alerts = await waitUntil("the alerts of new issues", async () => {
    const fired = await session.get<readonly ApiAlert[]>(`projects/${project.id}/alerts`);
    return fired.length >= counts.things ? fired : undefined;
  });
  const many = async <Made>(count: number, make: (n: number) => Promise<Made>): Promise<Made[]> => {
    const made: Made[] = [];
    for (let n = 0; n < count; n += 1) made.push(await make(n));
    return made;
  };
  const comments = await many(counts.issues, (n) =>
    session.post<ApiActivity>(`issues/${issues[n]?.id}/comments`, { text: "First" }),
  );
  const members = await listMembers(session, org);
  const teams = await many(counts.things, async (n) => {
    const team = await session.post<ApiTeam>("teams", { name: `Team ${n}` });
    await session.post(`teams/${team.id}/projects`, { project: project.id });
    for (const { user_id } of members) await session.post(`teams/${team.id}/members`, { user_id });
    return team;
  });
  const destinations = await many(counts.things, (n) =>
    session.post<ApiNewDestination>(`orgs/${org}/destinations`, {
      kind: "webhook",
      name: `Hook ${n}`,
      config: { url: RECEIVER_URL },
    }),
  );
  const rules = await many(counts.things, () =>
    session.post<ApiAlertRule>(`projects/${project.id}/alert-rules`, {
      condition: { condition_type: "threshold", threshold: 1_000_000, window_minutes: 5 },
    }),
  );
  return {
    project: [project.id, String(project.number)],
    org: [org],
    issue: issues.map(({ id }) => id),
    shortId: issues.map(({ short_id }) => short_id),
    event: events,
    comment: comments.map(idOf),
    team: teams.map(idOf),
    destination: destinations.map(idOf),
    delivery: (
      await many(counts.things, (n) =>
        session.post<{ delivery_id: string }>(`orgs/${org}/destinations/${destinations[n]?.id}/test`, {}),
      )
    ).map(({ delivery_id }) => delivery_id),
    rule: rules.map(idOf),
    alert: alerts.map(idOf),
    search: (
      await many(counts.things, (n) =>
        session.post<ApiSavedSearch>("saved-searches", { name: `Search ${n}`, query: "is:unresolved" }),
      )
    ).map(idOf),
    key: (
      await many(counts.things, (n) =>
        session.post<ApiProjectKey>(`projects/${project.id}/api-keys`, { label: `Key ${n}` }),
      )
    ).map(idOf),
    invitation: (
      await many(counts.things, (n) =>
        session.post<ApiInvitation>(`orgs/${org}/invitations`, { email: `invited-${n}@example.com` }),
      )
    ).map(idOf),
    token: (
      await many(counts.things, (n) =>
        // Every other one is the person's own.
        session.post<ApiNewToken>(n % 2 === 0 ? `orgs/${org}/tokens` : "me/tokens", {
          label: `Token ${n}`,
          scopes: ["event:read"],
        }),
      )
    ).map(idOf),
  };
}

async function makeIssues(session: Session, { id, dsn }: ApiProjectDetail, count: number) {
  const events: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const event_id = newEventId();
    const message = `Problem ${String.fromCharCode(97 + (n % 26))}${n < 26 ? "" : "x"}`;
    await sendEvent(dsn, { event_id, message, level: n % 2 === 0 ? "error" : "info", release: "shop@1.0.0" });
    events.push(event_id);
  }
  const issues = await waitUntil("the issues", async () => {
    const page = await session.get<ApiPage<ApiIssue>>(`projects/${id}/issues?limit=100`);
    return page.data.length >= count ? page.data : undefined;
  });
  return { events, issues };
}

/** What belongs to a person. Not the login that is used for it: whoever ends that one is a stranger from then on. */
async function makeOwnThings(session: Session, signInAgain: () => Promise<Session>, count: number): Promise<Ids> {
  for (let n = 0; n < count; n += 1) {
    await signInAgain();
    const challenge = await session.get<Challenge>("auth/passkey/generate-register-options");
    const response = new TestAuthenticator(session.url).register(challenge);
    await session.post("auth/passkey/verify-registration", { name: `Passkey ${n}`, response });
  }
  const logins = await session.get<readonly ApiLogin[]>("me/logins");
  const passkeys = await session.get<readonly ApiPasskey[]>("me/passkeys");
  return { login: logins.filter(({ current }) => !current).map(idOf), passkey: passkeys.map(idOf) };
}

const idsOfMembers = (members: readonly ApiMember[]): Ids => ({
  membership: members.map(idOf),
  user: members.map(({ user_id }) => user_id),
});

const listMembers = (session: Session, org: string) => session.get<readonly ApiMember[]>(`orgs/${org}/members`);

const idOf = ({ id }: { readonly id: string }) => id;

/** The API of a server, to somebody whom it knows. Keeps cookies. Whatever is refused throws. */
export class Session {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #cookies = new Map<string, string>();

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.url = url;
    this.#headers = headers;
  }

  get headers(): Readonly<Record<string, string>> {
    if (this.#cookies.size === 0) return this.#headers;
    return { ...this.#headers, cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  }

  /** `path` is below `/api/v1/`. */
  get<Answer>(path: string): Promise<Answer> {
    return this.#ask(path, { headers: this.headers });
  }

  post<Answer>(path: string, body: object): Promise<Answer> {
    const headers = { ...this.headers, "content-type": "application/json" };
    return this.#ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async #ask<Answer>(path: string, request: RequestInit): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1/${path}`, request);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) this.#cookies.set(name, value);
    }
    return (await response.json()) as Answer;
  }
}

/** Throws when the server refuses. */
export async function signIn(url: string, email: string, password: string): Promise<Session> {
  const session = new Session(url, { origin: url });
  await session.post("auth/sign-in/email", { email, password });
  return session;
}
