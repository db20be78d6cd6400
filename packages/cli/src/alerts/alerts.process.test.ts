import type { ApiAlert, ApiAlertRule } from "@mesher/protocol";
import { newEventId, ServerProcess, sendEvent, testDatabase, waitUntil } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../run-program.ts";
import { testTerminal } from "../test-server.ts";

let db: Awaited<ReturnType<typeof testDatabase>>;
let server: ServerProcess;
beforeAll(async () => {
  db = await testDatabase();
  server = await ServerProcess.start({ databaseUrl: db.url });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await db[Symbol.asyncDispose]();
});

async function mesher(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
  const terminal = testTerminal({ env: { MESHER_URL: server.url, MESHER_BOOTSTRAP_TOKEN: server.token } });
  return { code: await runProgram(args, terminal), ...terminal.shown };
}

test("alerts are listed, acknowledged and resolved from the command line, and their rules listed", async () => {
  expect((await mesher("alerts", "list")).out).toBe("No alerts.\n");
  const response = await fetch(`${server.url}/api/v1/projects/default/alert-rules`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "New ones", condition: { condition_type: "new_issue" } }),
  });
  const rule = (await response.json()) as ApiAlertRule;
  expect((await mesher("alert-rules", "list")).out).toMatch(
    new RegExp(`${rule.id} +on +New ones +new_issue +60 min +- +0`),
  );

  expect((await sendEvent(server.dsn, { event_id: newEventId(), message: "Something" })).status).toBe(200);
  const [alert] = await waitUntil("the alert", async () => {
    const alerts = JSON.parse((await mesher("alerts", "list", "--json")).out) as ApiAlert[];
    return alerts.length > 0 && alerts;
  });
  const id = alert?.id ?? "";
  expect((await mesher("alerts", "list", "--status", "active")).out).toMatch(
    new RegExp(`${id} +active .* New ones +DEFAULT-1 +new_issue detected`),
  );
  expect(await mesher("alerts", "ack", id)).toEqual({ code: 0, out: `${id} is acknowledged.\n`, errors: "" });
  expect(await mesher("alerts", "ack", id)).toMatchObject({ code: 1, errors: expect.stringContaining("refuses") });
  expect((await mesher("alerts", "resolve", id)).out).toBe(`${id} is resolved.\n`);
  expect((await mesher("alerts", "list", "--status", "active")).out).toBe("No alerts.\n");
  expect((await mesher("alerts", "ack")).code).toBe(2);
});
