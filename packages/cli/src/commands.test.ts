import { describe, expect, test } from "vitest";
import { formatBytes } from "./format-bytes.ts";
import { readSecret } from "./read-secret.ts";
import { runProgram } from "./run-program.ts";
import { serve, startTestServer, TEST_TOKEN, testTerminal } from "./test-server.ts";

/** Nothing listens there: the port is reserved, and no browser refuses it. */
const NOBODY = "http://127.0.0.1:2";

describe("send", () => {
  test("sends an event with all it was given, and prints its id", async () => {
    await using server = await startTestServer();
    const terminal = testTerminal();
    const options = "--level warning --tag disk=/dev/sda=1 --tag host=a --environment staging --release backup@1.4.0";
    const args = ["send", "disk is full", "--dsn", server.dsn, ...options.split(" "), "--fingerprint", "disk"];

    expect(await runProgram(args, terminal)).toBe(0);

    const [received] = server.received;
    expect(terminal.shown.out).toMatch(/^[0-9a-f]{32}\n$/);
    const eventId = terminal.shown.out.trim();
    expect(received?.path).toBe("/api/1/envelope/");
    expect(received?.headers["x-sentry-auth"]).toContain("sentry_key=key1");
    expect(received?.header).toMatchObject({ event_id: eventId, sent_at: expect.any(String) });
    expect(received?.event).toMatchObject({
      event_id: eventId,
      message: "disk is full",
      level: "warning",
      tags: { disk: "/dev/sda=1", host: "a" },
      environment: "staging",
      release: "backup@1.4.0",
      fingerprint: ["disk"],
    });
  });

  test("reads standard input for -, and asks the server for its default project", async () => {
    await using server = await startTestServer();
    const terminal = testTerminal({
      env: { MESHER_URL: `${server.url}/`, MESHER_BOOTSTRAP_TOKEN: TEST_TOKEN },
      input: "first line\nsecond line\n",
    });
    expect(await runProgram(["send", "-"], terminal)).toBe(0);
    expect(server.received[0]?.path).toBe("/api/1/envelope/");
    expect(server.received[0]?.event).toMatchObject({ message: "first line\nsecond line", level: "error" });
    expect(server.received[0]?.event).not.toHaveProperty("fingerprint");
  });

  test("says why an event was not accepted", async () => {
    await using server = await startTestServer();
    server.says.envelope = { status: 429, headers: { "retry-after": "7" }, body: { detail: "rate limited" } };
    const terminal = testTerminal();
    expect(await runProgram(["send", "hi", "--dsn", server.dsn], terminal)).toBe(1);
    expect(terminal.shown).toEqual({
      out: "",
      errors: "The event was not accepted: the server answered 429 (rate limited); try again in 7 s.\n",
    });
  });

  test("says that nobody answers", async () => {
    const terminal = testTerminal();
    expect(await runProgram(["send", "hi", "--dsn", "http://key@127.0.0.1:1/1"], terminal)).toBe(1);
    expect(terminal.shown.errors).toContain("the server of the DSN cannot be reached");
  });

  test.each(["send hi", "demo"])("%s does not take the page that it is sent on to for Mesher", async (command) => {
    await using server = await serve((request, response) => {
      if (request.url === "/login") response.end("<html>");
      else response.writeHead(302, { location: "/login" }).end();
    });
    const terminal = testTerminal();
    const dsn = server.url.replace("http://", "http://key@");
    expect(await runProgram([...command.split(" "), "--dsn", `${dsn}/1`], terminal)).toBe(1);
    expect(terminal.shown.errors).toContain("answered 302 (it redirects to /login)");
  });
});

describe("status", () => {
  test("shows readiness, and projects with their DSNs", async () => {
    await using server = await startTestServer();
    const terminal = testTerminal();
    expect(await runProgram(["status", "--url", server.url, "--token", TEST_TOKEN], terminal)).toBe(0);
    expect(terminal.shown.out).toContain("Ready      yes\n");
    expect(terminal.shown.out).toContain("Journal    3 waiting, 2.0 KiB of 1.0 GiB (0.0 %)\n");
    expect(terminal.shown.out).toContain(`default   The default project   -          ${server.dsn}\n`);
  });

  test("as JSON says the same, all of it", async () => {
    await using server = await startTestServer();
    const terminal = testTerminal();
    expect(await runProgram(["status", "--json", "--url", server.url, "--token", TEST_TOKEN], terminal)).toBe(0);
    expect(JSON.parse(terminal.shown.out)).toEqual({
      url: server.url,
      ready: true,
      database: "reachable",
      journal: { waiting: 3, bytes: 2048, bytes_max: 1024 ** 3 },
      projects: [
        expect.objectContaining({ slug: "other" }),
        expect.objectContaining({ slug: "default", dsn: server.dsn }),
      ],
    });
    const without = testTerminal();
    expect(await runProgram(["status", "--json", "--url", server.url], without)).toBe(1);
    expect(JSON.parse(without.shown.out)).toMatchObject({ ready: true, projects: null });
    expect(without.shown.errors).toContain("token");
  });

  test("of a server that is not ready is exit code 1", async () => {
    await using server = await startTestServer();
    server.says.ready = false;
    const terminal = testTerminal();
    expect(await runProgram(["status", "--url", server.url, "--token", TEST_TOKEN], terminal)).toBe(1);
    expect(terminal.shown.out).toContain("no: it does not accept events");
  });

  test("without a token, or with a wrong one, shows readiness and tells what is missing", async () => {
    await using server = await startTestServer();
    const without = testTerminal();
    expect(await runProgram(["status", "--url", server.url], without)).toBe(1);
    expect(without.shown.out).toContain("Ready");
    expect(without.shown.errors).toContain("No API token was found.");

    const wrong = testTerminal();
    expect(await runProgram(["status", "--url", server.url, "--token", "wrong"], wrong)).toBe(1);
    expect(wrong.shown.errors).toContain("does not accept the API token");
  });

  test.each(["status", "demo"])("%s says how to start a server that does not answer", async (command) => {
    const terminal = testTerminal();
    expect(await runProgram([command, "--url", NOBODY, "--token", TEST_TOKEN], terminal)).toBe(1);
    expect(terminal.shown.errors).toBe(
      `No Mesher server answers at ${NOBODY}. Start it with "npm start", or name another with --url URL.\n`,
    );
  });
});

test.each([
  ["projects", "list"],
  ["projects", "create", "Shop"],
  ["tail", "--project", "1"],
])("%s %s says where a server has moved to, and sends the token nowhere else", async (...args) => {
  const asked: unknown[] = [];
  await using there = await serve((request, response) => {
    asked.push(request.method);
    response.end();
  });
  await using server = await serve((request, response) => {
    response.writeHead(301, { location: there.url + request.url }).end();
  });
  const terminal = testTerminal();
  expect(await runProgram([...args, "--url", server.url, "--token", TEST_TOKEN], terminal)).toBe(1);
  expect(terminal.shown.errors).toContain(`${server.url} redirects to ${there.url}/api/v1/projects`);
  expect(asked).toEqual([]);
});

test("why there is no answer is said, where it is not that nobody listens", async () => {
  await using server = await startTestServer();
  const terminal = testTerminal();
  const url = server.url.replace("http:", "https:");
  expect(await runProgram(["status", "--url", url, "--token", TEST_TOKEN], terminal)).toBe(1);
  expect(terminal.shown.errors).toMatch(
    /^No Mesher server answers at https:\/\/127.0.0.1:\d+ \(.*(?:SSL|ssl).*\)\. Start/,
  );
});

test("tail without a token says how to give it one", async () => {
  await using server = await startTestServer();
  const terminal = testTerminal();
  expect(await runProgram(["tail", "--project", "default", "--url", server.url], terminal)).toBe(1);
  expect(terminal.shown.errors).toContain("No API token was found. Give it with --token TOKEN");
});

test("issues that were changed before one was refused are told to programs too", async () => {
  await using server = await serve((request, response) => {
    const isThere = /SHOP-1\b/.test(request.url ?? "");
    const answer = request.method === "POST" ? { affected: 1 } : { id: "id-1", short_id: "SHOP-1" };
    response.writeHead(isThere ? 200 : 404).end(JSON.stringify(isThere ? answer : { error: "issue not found" }));
  });
  const terminal = testTerminal();
  const args = ["issues", "resolve", "SHOP-1", "SHOP-2", "--json", "--url", server.url, "--token", TEST_TOKEN];
  expect(await runProgram(args, terminal)).toBe(1);
  expect(JSON.parse(terminal.shown.out)).toEqual([{ id: "id-1", short_id: "SHOP-1", affected: 1 }]);
  expect(terminal.shown.errors).toBe("The server refuses: issue not found.\n");
});

test("a password is read whole, wherever its bytes are parted", async () => {
  const bytes = Buffer.from("pässwörd\nmore");
  const terminal = {
    ...testTerminal(),
    readInput: async function* () {
      for (const byte of bytes) yield Buffer.of(byte);
    },
  };
  expect(await readSecret(terminal, "password")).toBe("pässwörd");
});

test.each(["backup", "restore"])("%s without a directory is a wrong command line", async (command) => {
  const terminal = testTerminal();
  expect(await runProgram([command], terminal)).toBe(2);
  expect(terminal.shown.errors).toBe(`The directory of the backup is missing. See: mesher ${command} --help\n`);
  expect(await runProgram([command, ""], testTerminal())).toBe(2);
});

describe("jobs", () => {
  const job = {
    name: "retention",
    title: "Retention",
    about: "Removes old events.",
    every_seconds: 86_400,
    state: "idle",
    epoch: 7,
    holder: "a@10.0.0.1:9000",
    started_at: "2031-05-05T00:00:00.000Z",
    finished_at: "2031-05-05T00:00:01.500Z",
    duration_ms: 1_500,
    outcome: "succeeded",
    error: null,
    result: { rows_deleted: 12, partitions_dropped: ["events_20310101"] },
    next_run_at: "2031-05-06T00:00:00.000Z",
  } as const;

  test("shows where each ran last, how it went and when it is next", async () => {
    await using server = await startTestServer();
    server.says.jobs = [job, { ...job, name: "spikes", holder: null, started_at: null, outcome: null, result: null }];
    const terminal = testTerminal();
    expect(await runProgram(["jobs", "--url", server.url, "--token", TEST_TOKEN], terminal)).toBe(0);
    const [head, retention, spikes] = terminal.shown.out.split("\n");
    expect(head).toMatch(/^JOB +STATE +NODE +STARTED +TOOK +NEXT RUN +RESULT$/);
    expect(retention).toMatch(/^retention +succeeded +a@10.0.0.1:9000 +2031-05-05T00:00:00.000Z +1500 ms +2031-05-06T/);
    expect(retention).toContain('rows_deleted 12, partitions_dropped ["events_20310101"]');
    expect(spikes).toMatch(/^spikes +not yet run +- +- /);
    const forPrograms = testTerminal();
    expect(await runProgram(["jobs", "--url", server.url, "--token", TEST_TOKEN, "--json"], forPrograms)).toBe(0);
    expect(JSON.parse(forPrograms.shown.out)).toEqual(server.says.jobs);
  });

  test("of which one failed says why, and is exit code 1", async () => {
    await using server = await startTestServer();
    server.says.jobs = [{ ...job, outcome: "failed", result: null, error: "Error: no space" }];
    const terminal = testTerminal();
    expect(await runProgram(["jobs", "--url", server.url, "--token", TEST_TOKEN], terminal)).toBe(1);
    expect(terminal.shown.errors).toBe("retention: Error: no space\n");
  });
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [1024 ** 2, "1.0 MiB"],
  [5 * 1024 ** 4, "5120.0 GiB"],
])("%d bytes are shown as %s", (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown);
});

describe("doctor", () => {
  test("what cannot be looked at is said, and hides nothing else", async () => {
    await using server = await startTestServer();
    const terminal = testTerminal({ env: { MESHER_URL: server.url, MESHER_BOOTSTRAP_TOKEN: TEST_TOKEN } });
    expect(await runProgram(["doctor"], terminal)).toBe(0);
    expect(terminal.shown.out).toContain("ok       accepts   Events are accepted.");
    expect(terminal.shown.out).toContain("ok       jobs      All 0 jobs run in time.");
    expect(terminal.shown.out).toMatch(/unknown +cluster +The server refuses: there is no such thing/);
  });

  test("its exit code tells programs that something is bad", async () => {
    await using server = await startTestServer();
    server.says.ready = false;
    const terminal = testTerminal({ env: { MESHER_URL: server.url, MESHER_BOOTSTRAP_TOKEN: TEST_TOKEN } });
    expect(await runProgram(["doctor", "--json"], terminal)).toBe(1);
    expect(JSON.parse(terminal.shown.out)).toContainEqual(
      expect.objectContaining({ subject: "accepts", verdict: "bad" }),
    );
  });
});
