import { createHmac } from "node:crypto";
import { DESTINATION_FIELDS, DESTINATION_KINDS, type WebhookPayload } from "@mesher/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AlertNotice } from "../alert-notice.ts";
import { isSecretField } from "../destination.ts";
import { makeSigningSecret, rotated } from "../signing-secret.ts";
import type { FormatInput } from "./format.ts";
import { FORMATS } from "./formats.ts";

const DELIVERY_ID = "8d8c5d1e-2f6d-4a0e-8000-000000000001";
const NOW_MS = 1_800_000_000_000;

const notice: AlertNotice = {
  alertId: "alert-1",
  organizationId: "org-1",
  projectId: "project-1",
  projectName: "Shop",
  ruleId: "rule-1",
  ruleName: "New issues",
  kind: "fired",
  condition: "an issue is new",
  message: "A new issue in Shop <!channel> [x](http://evil.test) @everyone *bold*",
  triggeredAtMs: NOW_MS - 1_000,
  issue: {
    id: "issue-1",
    shortId: "SHOP-1",
    title: "TypeError: <b>x</b> & y",
    culprit: "checkout(pay)",
    level: "error",
    eventCount: 3,
  },
};

/** Values for every field of every kind. */
const VALUES = {
  url: "https://hooks.example.com/base/my-topic",
  webhook_url: "https://hooks.example.com/services/T/B/secret",
  bot_token: "123:ABC",
  chat_id: "-100200",
  token: "tk_secret",
  routing_key: "routing-key",
  api_key: "genie-key",
  region: "eu",
  signing_secret: "whsec_c2VjcmV0IG9mIHRoZSBzaWduYXR1cmVz",
};

function format(
  kind: keyof typeof FORMATS,
  changes: Partial<AlertNotice> = {},
  secrets: Record<string, string> = VALUES,
) {
  const input: FormatInput = {
    deliveryId: DELIVERY_ID,
    notice: { ...notice, ...changes },
    destination: { config: { url: VALUES.url, chat_id: VALUES.chat_id, region: VALUES.region }, secrets },
    serverUrl: "https://mesher.example.com",
    nowMs: NOW_MS,
  };
  const { url, headers, body } = FORMATS[kind](input);
  return { url, headers, text: body, body: JSON.parse(body) as Record<string, never> };
}

const HTTP_KINDS = DESTINATION_KINDS.filter((kind) => kind !== "email");

describe("webhook", () => {
  test("posts the alert as documented", () => {
    const { url, body } = format("webhook");
    expect(url).toBe(VALUES.url);
    expect(body as unknown as WebhookPayload).toEqual({
      type: "alert.fired",
      timestamp: new Date(notice.triggeredAtMs).toISOString(),
      data: {
        delivery_id: DELIVERY_ID,
        alert: { id: "alert-1", message: notice.message, condition: "an issue is new", suppressed: 0 },
        rule: { id: "rule-1", name: "New issues" },
        project: { id: "project-1", name: "Shop" },
        organization: { id: "org-1" },
        issue: {
          id: "issue-1",
          short_id: "SHOP-1",
          title: "TypeError: <b>x</b> & y",
          culprit: "checkout(pay)",
          level: "error",
          event_count: 3,
          url: "https://mesher.example.com/issues/issue-1",
        },
      },
    });
  });

  test("is signed as Standard Webhooks has it, so that the receiver knows who sent it, when, and which it is", () => {
    const { headers, text } = format("webhook");
    const seconds = NOW_MS / 1000;
    const key = Buffer.from(VALUES.signing_secret.slice("whsec_".length), "base64");
    const expected = createHmac("sha256", key).update(`${DELIVERY_ID}.${seconds}.${text}`).digest("base64");
    expect(headers).toMatchObject({
      "webhook-id": DELIVERY_ID,
      "webhook-timestamp": String(seconds),
      "webhook-signature": `v1,${expected}`,
    });
  });

  test("is signed with the former secret too, for a day after another was made", () => {
    const former = { ...VALUES };
    const made = rotated(former, NOW_MS) as typeof VALUES;
    expect(made.signing_secret).not.toBe(former.signing_secret);
    const signatures = (secrets: Record<string, string>) => format("webhook", {}, secrets).headers["webhook-signature"];
    const [first, second] = (signatures(made) ?? "").split(" ");
    expect(second).toBe(signatures(former));
    expect(first).not.toBe(second);
    const dayBefore = rotated(former, NOW_MS - 24 * 3_600_000) as typeof VALUES;
    expect((signatures(dayBefore) ?? "").split(" ")).toHaveLength(1);
    expect(makeSigningSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });
});

test("Slack: blocks with a link, and nothing in the text that calls people or links elsewhere", () => {
  const { url, text, body } = format("slack");
  expect(url).toBe(VALUES.webhook_url);
  expect(body).toMatchObject({
    text: "New issues: TypeError: &lt;b&gt;x&lt;/b&gt; &amp; y",
    attachments: [{ color: "#d73a49", blocks: [{ type: "section" }, { type: "section" }, { type: "section" }] }],
  });
  expect(text).toContain("<https://mesher.example.com/issues/issue-1|New issues");
  expect(text).not.toContain("<!channel>");
});

test("Discord: an embed that mentions nobody", () => {
  const { body, text } = format("discord");
  expect(body).toMatchObject({
    allowed_mentions: { parse: [] },
    embeds: [{ url: "https://mesher.example.com/issues/issue-1", color: 0xd7_3a_49 }],
  });
  expect(text).not.toContain("[x](http://evil.test)");
});

test("Microsoft Teams: an adaptive card with a button", () => {
  const { body, text } = format("teams");
  expect(body).toMatchObject({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: {
          type: "AdaptiveCard",
          body: [{ type: "TextBlock", color: "Attention" }, { type: "TextBlock" }, { type: "FactSet" }],
          actions: [{ type: "Action.OpenUrl", url: "https://mesher.example.com/issues/issue-1" }],
        },
      },
    ],
  });
  expect(text).not.toContain("[x](http://evil.test)");
});

test("Telegram: plain text to a chat, with the token in the address", () => {
  const { url, body } = format("telegram");
  expect(url).toBe("https://api.telegram.org/bot123%3AABC/sendMessage");
  expect(body).toMatchObject({ chat_id: "-100200", link_preview_options: { is_disabled: true } });
  expect(body).not.toHaveProperty("parse_mode");
  expect(String(body["text"])).toMatch(/^New issues: TypeError.*https:\/\/mesher\.example\.com\/issues\/issue-1$/s);
});

test("ntfy: posted to the server, with the topic and the token", () => {
  const { url, headers, body } = format("ntfy");
  expect(url).toBe("https://hooks.example.com/base/");
  expect(headers["authorization"]).toBe("Bearer tk_secret");
  expect(body).toMatchObject({ topic: "my-topic", priority: 4, click: "https://mesher.example.com/issues/issue-1" });
  expect(format("ntfy", {}, {}).headers).not.toHaveProperty("authorization");
});

test("PagerDuty: triggered and resolved by one key", () => {
  const fired = format("pagerduty");
  expect(fired.url).toBe("https://events.eu.pagerduty.com/v2/enqueue");
  expect(fired.body).toMatchObject({
    routing_key: "routing-key",
    event_action: "trigger",
    dedup_key: "mesher-alert-1",
    payload: { source: "Shop", severity: "error", timestamp: new Date(notice.triggeredAtMs).toISOString() },
  });
  expect(format("pagerduty", { kind: "resolved" }).body).toEqual({
    routing_key: "routing-key",
    event_action: "resolve",
    dedup_key: "mesher-alert-1",
  });
});

test("Opsgenie: an alert, closed by its alias", () => {
  const fired = format("opsgenie");
  expect(fired).toMatchObject({
    url: "https://api.eu.opsgenie.com/v2/alerts",
    headers: { authorization: "GenieKey genie-key" },
    body: { alias: "mesher-alert-1", priority: "P2", source: "Mesher" },
  });
  expect(format("opsgenie", { kind: "resolved" }).url).toBe(
    "https://api.eu.opsgenie.com/v2/alerts/mesher-alert-1/close?identifierType=alias",
  );
});

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

describe("every format", () => {
  const texts = fc.string({ unit: "grapheme", maxLength: 50 });
  const longTexts = fc.oneof(
    texts,
    fc.constantFrom("x", "🦆", "<", "*").map((unit) => unit.repeat(6_000)),
    // So that a cut comes within a character too, wherever it is made.
    fc.nat({ max: 3 }).map((length) => `${"x".repeat(length)}${"🦆".repeat(6_000)}`),
  );

  test.each(HTTP_KINDS)("%s takes whatever an event says, and keeps its receiver's limits", (kind) => {
    fc.assert(
      fc.property(
        longTexts,
        longTexts,
        fc.constantFrom("fired", "resolved", "test", "storm"),
        (message, title, what) => {
          const { text, body } = format(kind, {
            kind: what,
            message,
            issue: { id: "issue-1", title, culprit: message, level: "fatal" },
          });
          // Escaped in JSON, half a character looks well formed until it is read.
          expect(stringsIn(body).filter((each) => !each.isWellFormed())).toEqual([]);
          if (kind === "opsgenie" && what !== "resolved")
            expect(String(body["message"]).length).toBeLessThanOrEqual(130);
          if (kind === "telegram") expect(String(body["text"]).length).toBeLessThanOrEqual(4_096);
          if (kind === "teams") expect(Buffer.byteLength(text)).toBeLessThan(28_000);
          if (kind === "ntfy") expect(String(body["message"]).length).toBeLessThanOrEqual(4_096);
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each(HTTP_KINDS)("%s sends no secret but where its receiver asks for it", (kind) => {
    const { text } = format(kind);
    const inBody = DESTINATION_FIELDS[kind].fields.filter(isSecretField).filter(({ name }) => name !== "routing_key");
    for (const { name } of inBody)
      expect([name, text.includes(VALUES[name as keyof typeof VALUES])]).toEqual([name, false]);
    expect(text).not.toContain(VALUES.signing_secret);
  });
});
