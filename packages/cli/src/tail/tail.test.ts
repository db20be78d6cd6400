import type { StreamMessage } from "@mesher/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runProgram } from "../run-program.ts";
import { serve, startTestServer, TEST_TOKEN, testTerminal } from "../test-server.ts";
import { formatMessage } from "./format-message.ts";
import { readEventStream } from "./server-sent-events.ts";

async function readAll(chunks: readonly Uint8Array[]): Promise<(string | undefined)[]> {
  const events: (string | undefined)[] = [];
  for await (const data of readEventStream(ReadableStream.from(chunks))) events.push(data);
  return events;
}

test("an event stream is read the same wherever the network cuts it", async () => {
  const stream = Buffer.from('retry: 2000\n\nid: a.1\ndata: {"text":"ü – 🙂"}\n\n: ping\n\ndata: {}\n\n');
  const cuts = fc.array(fc.nat(stream.length), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      const ends = [...places.sort((a, b) => a - b), stream.length];
      const chunks = ends.map((end, index) => stream.subarray(index === 0 ? 0 : ends[index - 1], end));
      expect(await readAll(chunks)).toEqual(['{"text":"ü – 🙂"}', undefined, "{}"]);
    }),
  );
});

test("a stream whose line never ends is given up", async () => {
  const endless = Array.from({ length: 20 }, () => Buffer.alloc(100_000, "x"));
  await expect(readAll(endless)).rejects.toThrow("too long");
});

const event: Extract<StreamMessage, { type: "event" }> = {
  type: "event",
  id: "a.1",
  project_id: "p",
  event_id: "e",
  issue_id: "i",
  occasion: "new_issue",
  issue_event_count: 1,
  data: {
    id: "e",
    level: "error",
    message: "It broke",
    received_at: "2026-11-21T12:00:00.000Z",
    platform: "node",
    culprit: "/checkout",
    environment: "production",
    release: null,
  },
};
const context = { now: new Date("2026-11-21T12:00:00Z"), nameOf: async () => "SHOP-7" };

test("an event is one line, with what a person looks for", async () => {
  expect(await formatMessage(event, context)).toMatch(
    /^\d\d:\d\d:\d\d {2}error {4}NEW {2}It broke {2}\(\/checkout, production, SHOP-7, 1 events\)$/,
  );
});

test("texts of strangers do not command the terminal", async () => {
  const message = "first\u001b[2J\r\nsecond\u202e\u009b31m";
  const shown = (await formatMessage({ ...event, data: { ...event.data, message } }, context)) ?? "";
  expect(shown).toContain("first [2J second 31m");
  expect(/[\p{Cc}\p{Cf}]/u.test(shown)).toBe(false);
});

test("what people did and alerts are shown, what an event did is shown with the event", async () => {
  const changed = { type: "issue", id: "a.2", project_id: "p", issue_id: "i" } as const;
  const actor = { kind: "user", id: "u", name: "Ada" } as const;
  expect(await formatMessage({ ...changed, action: "archive_ended", actor }, context)).toContain(
    "SHOP-7 archive ended by Ada",
  );
  expect(await formatMessage({ ...changed, action: "new", event: event.data }, context)).toBeUndefined();
  expect(await formatMessage({ type: "issue_count", project_id: "p", count: 1 }, context)).toBeUndefined();
});

test("a level that is none is a wrong command line", async () => {
  const terminal = testTerminal();
  expect(await runProgram(["tail", "--level", "loud"], terminal)).toBe(2);
  expect(terminal.shown.errors).toContain('--level is "loud", but must be one of fatal,');
  expect(await runProgram(["tail", "--query", "level:error OR"], terminal)).toBe(2);
  expect(terminal.shown.errors).toContain("--query cannot be understood: column ");
});

test("a server that is none is said to be none", async () => {
  await using server = await startTestServer();
  const terminal = testTerminal({ env: { MESHER_URL: server.url, MESHER_BOOTSTRAP_TOKEN: "wrong_token_wrong" } });
  expect(await runProgram(["tail"], terminal)).toBe(1);
  expect(terminal.shown.errors).toContain("does not accept the API token");
  const nobody = testTerminal({ env: { MESHER_BOOTSTRAP_TOKEN: TEST_TOKEN } });
  expect(await runProgram(["tail", "--url", "http://127.0.0.1:1", "--project", "1"], nobody)).toBe(1);
  expect(nobody.shown.errors).toBe("The stream could not be opened: the server cannot be reached.\n");
});

test("Ctrl-C ends it also while the name of an issue is waited for; the event is still shown", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = await serve((request, response) => {
    if (request.url?.includes("/stream") === true)
      response.writeHead(200, { "content-type": "text/event-stream" }).write(`data: ${JSON.stringify(event)}\n\n`);
    // Never answered.
    else asked.resolve();
  });
  const interrupt = new AbortController();
  const env = { MESHER_URL: server.url, MESHER_BOOTSTRAP_TOKEN: TEST_TOKEN };
  const terminal = testTerminal({ env, interrupt: interrupt.signal });
  const ended = runProgram(["tail", "--project", "1"], terminal);
  await asked.promise;
  interrupt.abort();
  expect(await ended).toBe(0);
  expect(terminal.shown).toEqual({
    out: expect.stringContaining("It broke  (/checkout, production, i, 1"),
    errors: "",
  });
});
