/** The way of a message to its receiver, with real receivers: those that take it, and those that do all the rest. */
import { randomUUID } from "node:crypto";
import { decodedText, HttpReceiver, MailReceiver, testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { withTransaction } from "../db/transaction.ts";
import { recoverJobs, recoverLeases } from "./attempts.queries.ts";
import { claimDelivery } from "./claims.queries.ts";
import type { Delivering, DeliveryOutcome } from "./deliver.ts";
import {
  attempt as attemptDelivery,
  createTestDestination,
  createTestMember,
  createTestOrganization,
  noticeOf,
  queueOne,
  TEST_KEYS,
  type TestOrganization,
  testDelivering,
} from "./deliveries-testing.ts";
import { findDelivery, listAttempts, resendDelivery } from "./delivery-list.queries.ts";
import { findDestination } from "./destinations.queries.ts";
import { changeDestination, type DestinationWish } from "./destinations.ts";
import { AT_ONCE_PER_DESTINATION_MAX, BURST_MAX, TRIES_MAX } from "./limits.ts";
import { Mailer } from "./mail/mailer.ts";
import { parseAllowed } from "./outbound/address-rule.ts";
import { OutboundClient } from "./outbound/send-request.ts";
import { savePreferences } from "./preferences.queries.ts";
import type { queueDeliveries } from "./queue-deliveries.ts";
import { queueTest } from "./test-delivery.ts";
import { readUnsubscribeToken } from "./unsubscribe.ts";

const stack = new AsyncDisposableStack();
let db: Awaited<ReturnType<typeof testDatabase>>;
let receiver: HttpReceiver;
let mail: MailReceiver;
let delivering: Delivering;
let outcomes: DeliveryOutcome[];
let organization: TestOrganization;
let organizationId: string;

beforeAll(async () => {
  db = stack.use(await testDatabase());
  receiver = stack.use(await HttpReceiver.start());
  mail = stack.use(await MailReceiver.start());
  const outbound = new OutboundClient(parseAllowed("127.0.0.1"), "Mesher/test");
  stack.defer(() => outbound.close());
  delivering = {
    ...testDelivering(db.database, outbound),
    mailer: new Mailer({ smtpUrl: mail.url, from: "Mesher <mesher@example.com>" }),
    attemptMs: 30_000,
    onAttempt: (_kind, outcome) => void outcomes.push(outcome),
  };
});
afterAll(() => stack.disposeAsync());

/** Each test has an organization of its own. */
beforeEach(async () => {
  outcomes = [];
  receiver.requests.length = 0;
  receiver.answer = (response) => void response.writeHead(204).end();
  mail.mails.length = 0;
  mail.refusal = undefined;
  mail.refusedAddresses.clear();
  organization = await createTestOrganization(db.database);
  ({ organizationId } = organization);
});

describe("a message arrives", () => {
  test("at a webhook, with its delivery's id, and is sent once", async () => {
    const id = await queueTo(await webhook());
    await attempt(id);
    await attempt(id);
    expect(receiver.requests).toHaveLength(1);
    expect(receiver.requests[0]?.headers["webhook-id"]).toBe(id);
    expect(JSON.parse(receiver.requests[0]?.body ?? "")).toMatchObject({
      type: "alert.fired",
      data: { delivery_id: id },
    });
    expect(await stateOf(id)).toMatchObject({ status: "sent", attempts: 1, error: null });
    expect(await attemptsOf(id)).toMatchObject([{ number: 1, node: "node-1", outcome: "sent", responseStatus: 204 }]);
    expect(outcomes).toEqual(["sent"]);
  });

  test("by mail at the addresses of a destination, as text and HTML", async () => {
    const to = ["ops@example.com", "dev@example.com"];
    const id = await queueTo(await destination({ kind: "email", values: { to } }));
    await attempt(id);
    expect(mail.mails.map((each) => each.to)).toEqual([to]);
    const source = decodedText(mail.mails[0]?.source ?? "");
    expect(source).toContain(`Message-ID: <${id}@example.com>`);
    expect(source).toContain("Subject: [Mesher] Errors: Boom <b>");
    expect(source).toContain("Boom &lt;b&gt;");
    expect(source).toContain("https://mesher.example.com/issues/");
    expect(source).not.toContain("List-Unsubscribe");
    expect(await attemptsOf(id)).toMatchObject([{ outcome: "sent", responseStatus: 250 }]);
  });

  test("by mail at a member's own address, with a link that stops just theirs", async () => {
    const { userId, email } = await createTestMember(db.database, organization);
    const id = await queue([{ type: "people", who: { user_id: userId } }]);
    await attempt(id);
    expect(mail.mails.map((each) => each.to)).toEqual([[email]]);
    const source = decodedText(mail.mails[0]?.source ?? "").replace(/\n\s+/g, " ");
    expect(source).toContain("List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    const token = /List-Unsubscribe: <https:\/\/mesher\.example\.com\/api\/v1\/unsubscribe\?token=([^>]+)>/.exec(
      source,
    )?.[1];
    expect(readUnsubscribeToken(TEST_KEYS.unsubscribe, decodeURIComponent(token ?? ""))).toEqual({
      organizationId,
      userId,
      topic: "alerts",
    });
  });
});

describe("nobody gets it any more", () => {
  test("where the destination was removed, or the person has left, since", async () => {
    const { userId } = await createTestMember(db.database, organization);
    const destinationId = await webhook();
    const ids = [await queueTo(destinationId), await queue([{ type: "people", who: { user_id: userId } }])];
    await db.database.query({ text: "delete from destinations where id = $1", values: [destinationId] });
    await db.database.query({ text: "delete from organization_members where user_id = $1", values: [userId] });
    for (const id of ids) {
      await attempt(id);
      expect(await stateOf(id)).toMatchObject({ status: "cancelled" });
    }
    expect([receiver.requests.length, mail.mails.length]).toEqual([0, 0]);
  });

  test("where the destination was switched off since, but for whoever tries it", async () => {
    const destinationId = await webhook();
    const id = await queueTo(destinationId);
    const { actor } = organization;
    await changeDestination(db.database, TEST_KEYS.destinations, actor, destinationId, { isEnabled: false });
    await attempt(id);
    expect(await stateOf(id)).toMatchObject({ status: "cancelled", error: "the destination is switched off" });
    expect(receiver.requests).toEqual([]);

    const stored = await findDestination(db.database, organizationId, destinationId);
    if (stored === undefined) throw new Error("the destination is gone");
    const tried = await queueTest(db.database, actor, stored, Date.now());
    await attempt(tried);
    expect(await stateOf(tried)).toMatchObject({ status: "sent" });
  });

  test("where the person has turned these mails off since", async () => {
    const { userId } = await createTestMember(db.database, organization);
    const id = await queue([{ type: "people", who: { user_id: userId } }]);
    await savePreferences(db.database, { organizationId, userId }, { mode: "mute" });
    await attempt(id);
    expect(await stateOf(id)).toMatchObject({
      status: "cancelled",
      error: "the person wants no such mails any more",
    });
    expect(mail.mails).toEqual([]);
  });
});

describe("a receiver that fails", () => {
  test("is tried again later, each time later, until the delivery is dead; by hand it is sent again", async () => {
    receiver.answer = (response) => void response.writeHead(500).end("out of order");
    const id = await queueTo(await webhook());
    for (let number = 1; number < TRIES_MAX; number += 1) {
      await attempt(id);
      const state = await stateOf(id);
      expect(state).toMatchObject({ status: "waiting", attempts: number, error: "it answered 500: out of order" });
      expect(await jobRunsAt(id)).toEqual(state?.dueAt);
      // Not before its time.
      await attempt(id);
      expect(receiver.requests).toHaveLength(number);
      await makeDue(id);
    }
    await attempt(id);
    expect(await stateOf(id)).toMatchObject({ status: "dead", attempts: TRIES_MAX });
    expect(outcomes.slice(-2)).toEqual(["retried", "dead"]);

    receiver.answer = (response) => void response.writeHead(200).end();
    expect(await withTransaction(db.database, (tx) => resendDelivery(tx, { organizationId, id }))).toBe("queued");
    expect(await withTransaction(db.database, (tx) => resendDelivery(tx, { organizationId, id }))).toBe("on_its_way");
    await attempt(id);
    expect(await stateOf(id)).toMatchObject({ status: "sent", attempts: TRIES_MAX + 1 });
    expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([id]));
  });

  test("and will never take the message, is not asked again", async () => {
    receiver.answer = (response) => void response.writeHead(410).end();
    const id = await queueTo(await webhook());
    await attempt(id);
    expect(await stateOf(id)).toMatchObject({ status: "dead", attempts: 1, error: "it answered 410" });
  });

  test("by not answering, is given up in time and tried again", async () => {
    receiver.answer = () => undefined;
    const id = await queueTo(await webhook());
    await attempt(id, { attemptMs: 100 });
    expect(await stateOf(id)).toMatchObject({ status: "waiting", error: "no answer within 0.1 s" });
  });

  test("by leading to the inside, is refused at once", async () => {
    receiver.answer = (response) => void response.writeHead(307, { location: "http://169.254.169.254/" }).end();
    const id = await queueTo(await webhook());
    await attempt(id);
    expect(await stateOf(id)).toMatchObject({ status: "dead", error: expect.stringContaining("169.254.169.254") });
  });

  test("by repeating a secret: it is not kept", async () => {
    const secret = `${receiver.url}/services/T000/very-secret-key`;
    receiver.answer = (response) => void response.writeHead(500).end(`no such hook: ${secret}`);
    const id = await queueTo(await destination({ kind: "slack", values: { webhook_url: secret } }));
    await attempt(id);
    expect(await stateOf(id)).toMatchObject({ error: "it answered 500: no such hook: …" });
  });

  test("by refusing mail for good, or for now", async () => {
    const to = await destination({ kind: "email", values: { to: ["nobody@example.com"] } });
    mail.refusal = { code: 550, message: "no such mailbox" };
    const refused = await queueTo(to);
    await attempt(refused);
    expect(await stateOf(refused)).toMatchObject({ status: "dead", error: expect.stringContaining("no such mailbox") });
    expect(await attemptsOf(refused)).toMatchObject([{ outcome: "failed", responseStatus: 550 }]);
    mail.refusal = { code: 451, message: "try later" };
    const busy = await queueTo(to);
    await attempt(busy);
    expect(await stateOf(busy)).toMatchObject({ status: "waiting", error: expect.stringContaining("try later") });
  });

  test("by refusing mail for one of several addresses for now, gets it there later, and nobody gets it twice", async () => {
    const to = await destination({
      kind: "email",
      values: { to: ["list@example.com", "oncall@example.com", "dev@bücher.example"] },
    });
    mail.refusedAddresses.set("oncall@example.com", { code: 451, message: "greylisted, try again" });
    const id = await queueTo(to);
    await attempt(id);
    const error = expect.stringContaining("oncall@example.com");
    expect(await stateOf(id)).toMatchObject({ status: "waiting", error });
    expect(await attemptsOf(id)).toMatchObject([{ outcome: "failed", responseStatus: 451 }]);
    mail.refusedAddresses.clear();
    await makeDue(id);
    await attempt(id);
    expect(await stateOf(id)).toMatchObject({ status: "sent", error: null });
    expect(mail.mails.map((each) => each.to)).toEqual([
      ["list@example.com", "dev@bücher.example"],
      ["oncall@example.com"],
    ]);
  });

  test("by refusing mail for one of several addresses for good: by hand it is sent to just that one again", async () => {
    const to = await destination({ kind: "email", values: { to: ["list@example.com", "gone@example.com"] } });
    mail.refusedAddresses.set("gone@example.com", { code: 550, message: "no such mailbox" });
    const id = await queueTo(to);
    await attempt(id);
    const error = expect.stringContaining("no such mailbox");
    expect(await stateOf(id)).toMatchObject({ status: "dead", attempts: 1, error });
    mail.refusedAddresses.clear();
    for (const expected of [[["list@example.com"], ["gone@example.com"]], [["list@example.com", "gone@example.com"]]]) {
      mail.mails.splice(1);
      await withTransaction(db.database, (tx) => resendDelivery(tx, { organizationId, id }));
      await attempt(id);
      expect(mail.mails.slice(-expected.length).map((each) => each.to)).toEqual(expected);
    }
  });

  test("mail that is not set up says so", async () => {
    const id = await queueTo(await destination({ kind: "email", values: { to: ["ops@example.com"] } }));
    await attempt(id, { mailer: undefined });
    expect(await stateOf(id)).toMatchObject({ status: "dead", error: expect.stringContaining("MESHER_SMTP_URL") });
  });
});

describe("a destination is not overrun", () => {
  test("when it asks to wait, nothing is sent to it before: neither this message nor the next", async () => {
    receiver.answer = (response) => void response.writeHead(429, { "retry-after": "600" }).end();
    const destinationId = await webhook();
    const [first, second] = [await queueTo(destinationId), await queueTo(destinationId)];
    await attempt(first);
    await attempt(second);
    expect(receiver.requests).toHaveLength(1);
    const pausedUntil = await pauseOf(destinationId);
    expect(pausedUntil - Date.now()).toBeGreaterThan(590_000);
    expect((await stateOf(first))?.dueAt.getTime()).toBeGreaterThan(pausedUntil - 1_000);
    expect(await stateOf(second)).toMatchObject({ status: "waiting", attempts: 0, dueAt: new Date(pausedUntil) });
    // The queue comes back to it then.
    expect((await jobRunsAt(second))?.getTime()).toBe(pausedUntil);
  });

  test("by many at once: some go, and the others one after the other, each at a time of its own", async () => {
    const destinationId = await webhook();
    const waiting = 5;
    const ids: string[] = [];
    for (let index = 0; index < BURST_MAX + 1 + waiting; index += 1) ids.push(await queueTo(destinationId));
    for (const id of ids) await attempt(id);
    expect(receiver.requests.length).toBeGreaterThanOrEqual(BURST_MAX);
    expect(receiver.requests.length).toBeLessThan(ids.length);
    const states = await Promise.all(ids.map(stateOf));
    const later = states.filter((state) => state?.status === "waiting").map((state) => state?.dueAt.getTime());
    expect(later).toHaveLength(ids.length - receiver.requests.length);
    expect(new Set(later).size).toBe(later.length);
    expect(states.filter((state) => state?.status === "waiting").every((state) => state?.attempts === 0)).toBe(true);
  });

  test("is told at once, though the database's clock was hours ahead when it was told last", async () => {
    const destinationId = await webhook();
    await db.database.query({
      text: `update destinations set next_slot_at = now() + interval '6 h', paused_until = now() + interval '6 h' where id = $1`,
      values: [destinationId],
    });
    const id = await queueTo(destinationId);
    await attempt(id);
    expect(await stateOf(id)).toMatchObject({ status: "sent" });
    receiver.answer = (response) => void response.writeHead(429, { "retry-after": "60" }).end();
    await attempt(await queueTo(destinationId));
    expect(await pauseOf(destinationId)).toBeLessThan(Date.now() + 3_600_000);
  });

  test("that is slow holds up nobody: only so many attempts at it go on at a time", async () => {
    const all = Promise.withResolvers<void>();
    let held = 0;
    const answers: (() => void)[] = [];
    receiver.answer = (response) => {
      answers.push(() => void response.writeHead(204).end());
      held += 1;
      if (held === AT_ONCE_PER_DESTINATION_MAX) all.resolve();
    };
    const destinationId = await webhook();
    const ids: string[] = [];
    for (let index = 0; index <= AT_ONCE_PER_DESTINATION_MAX; index += 1) ids.push(await queueTo(destinationId));
    const underWay = ids.slice(0, -1).map((id) => attempt(id));
    await all.promise;
    const last = ids.at(-1) ?? "";
    await attempt(last);
    expect(await stateOf(last)).toMatchObject({ status: "waiting", attempts: 0 });
    expect(receiver.requests).toHaveLength(AT_ONCE_PER_DESTINATION_MAX);
    for (const answer of answers) answer();
    await Promise.all(underWay);
  });
});

describe("that an alert is over", () => {
  test("is told after that it fired, and by the same key", async () => {
    const { fired, resolved } = await queueBoth();
    await attempt(fired);
    const end = await resolved();
    await attempt(end);
    expect(receiver.requests.map(({ body }) => JSON.parse(body).type)).toEqual(["alert.fired", "alert.resolved"]);
    expect(await stateOf(end)).toMatchObject({ status: "sent" });
  });

  test.each(["the end", "the alert"] as const)(
    "is told to nobody who was not told of it, and neither is the alert any more: %s is looked at first",
    async (first) => {
      receiver.answer = (response) => void response.writeHead(503).end();
      const { fired, resolved } = await queueBoth();
      await attempt(fired);
      receiver.answer = (response) => void response.writeHead(204).end();
      const end = await resolved();
      await makeDue(fired);
      for (const id of first === "the end" ? [end, fired] : [fired, end]) await attempt(id);
      for (const id of [fired, end])
        expect(await stateOf(id)).toMatchObject({ status: "cancelled", error: "it was over before it could be told" });
      expect(receiver.requests).toHaveLength(1);
    },
  );

  test("is told to a person just so", async () => {
    const { userId } = await createTestMember(db.database, organization);
    mail.refusal = { code: 451, message: "try later" };
    const { fired, resolved } = await queueBoth([{ type: "people", who: { user_id: userId } }]);
    await attempt(fired);
    mail.refusal = undefined;
    const end = await resolved();
    await attempt(end);
    expect([await stateOf(fired), await stateOf(end)]).toMatchObject([
      { status: "cancelled" },
      { status: "cancelled" },
    ]);
    expect(mail.mails).toEqual([]);
  });

  test("waits while the receiver is being told of it", async () => {
    const begun = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    receiver.answer = (response) => {
      begun.resolve();
      void answered.promise.then(() => response.writeHead(204).end());
    };
    const { fired, resolved } = await queueBoth();
    const underWay = attempt(fired);
    await begun.promise;
    const end = await resolved();
    await attempt(end);
    expect(await stateOf(end)).toMatchObject({ status: "waiting", attempts: 0 });
    expect(await jobRunsAt(end)).toEqual((await stateOf(end))?.dueAt);
    answered.resolve();
    await underWay;
    await makeDue(end);
    await attempt(end);
    expect(await stateOf(end)).toMatchObject({ status: "sent" });
  });

  test("is told where some addresses were told of it, and the others are not any more", async () => {
    const to = await destination({ kind: "email", values: { to: ["list@example.com", "oncall@example.com"] } });
    mail.refusedAddresses.set("oncall@example.com", { code: 451, message: "try later" });
    const { fired, resolved } = await queueBoth([{ type: "destination", destination_id: to }]);
    await attempt(fired);
    mail.refusedAddresses.clear();
    const end = await resolved();
    await attempt(end);
    expect([await stateOf(fired), await stateOf(end)]).toMatchObject([{ status: "cancelled" }, { status: "sent" }]);
  });

  test("is told where nobody knows whether the alert arrived, and the alert is not sent again", async () => {
    receiver.answer = () => undefined;
    const { fired, resolved } = await queueBoth();
    await attempt(fired, { attemptMs: 100 });
    receiver.answer = (response) => void response.writeHead(204).end();
    const end = await resolved();
    await attempt(end);
    expect([await stateOf(fired), await stateOf(end)]).toMatchObject([{ status: "cancelled" }, { status: "sent" }]);
  });

  test("keeps the alert from being sent again by hand", async () => {
    receiver.answer = (response) => void response.writeHead(410).end();
    const { fired, resolved } = await queueBoth();
    await attempt(fired);
    await resolved();
    expect(await withTransaction(db.database, (tx) => resendDelivery(tx, { organizationId, id: fired }))).toBe("over");
    expect(await stateOf(fired)).toMatchObject({ status: "dead" });
  });

  test("of another receiver does not matter", async () => {
    const { fired, notice } = await queueBoth();
    await queueOne(db.database, { ...notice, kind: "resolved" }, [
      { type: "destination", destination_id: await webhook() },
    ]);
    await attempt(fired);
    expect(await stateOf(fired)).toMatchObject({ status: "sent" });
  });
});

describe("one attempt at a time", () => {
  test("is made of a delivery, however many nodes take it up at once", async () => {
    const id = await queueTo(await webhook());
    const nodes = ["node-1", "node-2", "node-3", "node-4"];
    await Promise.all(nodes.map((node) => attempt(id, { node })));
    expect(receiver.requests).toHaveLength(1);
    expect(await stateOf(id)).toMatchObject({ status: "sent", attempts: 1 });
  });

  test("of a node that is gone, another takes up, under the same id; what the first still says is not heeded", async () => {
    const id = await queueTo(await webhook());
    const claim = await withTransaction(db.database, (tx) => claimDelivery(tx, { organizationId, id }, "node-1"));
    expect(claim).toMatchObject({ id, number: 1 });
    await attempt(id, { node: "node-2" });
    expect(receiver.requests).toHaveLength(0);

    await db.database.query({
      text: "update deliveries set lease_until = now() - interval '1 s' where id = $1",
      values: [id],
    });
    const recovered = await withTransaction(db.database, recoverLeases);
    expect(recovered).toContainEqual({ organizationId, id, status: "waiting" });
    expect(await jobRunsAt(id)).toBeInstanceOf(Date);
    await attempt(id, { node: "node-2" });
    expect(receiver.requests.map(({ headers }) => headers["webhook-id"])).toEqual([id]);
    expect(await stateOf(id)).toMatchObject({ status: "sent", attempts: 2 });
    expect(await attemptsOf(id)).toMatchObject([
      { number: 2, node: "node-2", outcome: "sent" },
      { number: 1, node: "node-1", outcome: "lost" },
    ]);
    expect(await withTransaction(db.database, recoverLeases)).toEqual([]);
  });

  test("of a delivery whose job was lost, there is a new job", async () => {
    const id = await queueTo(await webhook());
    await db.database.query({ text: "select mesher_queue.remove_job($1)", values: [id] });
    expect(await withTransaction(db.database, recoverJobs)).toEqual([]);
    await db.database.query({
      text: "update deliveries set due_at = now() - interval '1 h' where id = $1",
      values: [id],
    });
    expect(await withTransaction(db.database, recoverJobs)).toContainEqual({ organizationId, id });
    expect(await withTransaction(db.database, recoverJobs)).toEqual([]);
  });
});

function attempt(id: string, changes: Partial<Delivering> = {}): Promise<void> {
  return attemptDelivery({ ...delivering, ...changes }, organization, id);
}

function webhook(): Promise<string> {
  return destination({ kind: "webhook", values: { url: `${receiver.url}/hook` } });
}

type Actions = Parameters<typeof queueDeliveries>[2];

/** The delivery of an alert that fired, by default to a webhook, and a way to queue that of its end. */
async function queueBoth(actions?: Actions) {
  const told = actions ?? [{ type: "destination" as const, destination_id: await webhook() }];
  const notice = noticeOf(organization);
  const fired = await queueOne(db.database, notice, told);
  return { notice, fired, resolved: () => queueOne(db.database, { ...notice, kind: "resolved" }, told) };
}

const destination = (wish: Pick<DestinationWish, "kind" | "values">) =>
  createTestDestination(db.database, organization, wish);

const queueTo = (destinationId: string) => queue([{ type: "destination", destination_id: destinationId }]);

/** The id of the one delivery it makes. */
function queue(actions: Actions): Promise<string> {
  const issue = { id: randomUUID(), title: "Boom <b>", culprit: "checkout", level: "error" };
  return queueOne(db.database, noticeOf(organization, { issue }), actions);
}

const stateOf = (id: string) => findDelivery(db.database, { organizationId, id });
const attemptsOf = (id: string) => listAttempts(db.database, { organizationId, id });

async function makeDue(id: string): Promise<void> {
  await db.database.query({
    text: "update deliveries set due_at = now(), has_slot = true where id = $1",
    values: [id],
  });
}

async function jobRunsAt(id: string): Promise<Date | undefined> {
  const { rows } = await db.database.query<{ run_at: Date }>({
    text: "select run_at from mesher_queue.jobs where key = $1 and attempts < max_attempts",
    values: [id],
  });
  return rows[0]?.run_at;
}

async function pauseOf(destinationId: string): Promise<number> {
  const { rows } = await db.database.query<{ paused_until: Date }>({
    text: "select paused_until from destinations where id = $1",
    values: [destinationId],
  });
  return rows[0]?.paused_until.getTime() ?? 0;
}
