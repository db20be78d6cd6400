/** Three nodes, each a process of its own, of which one is killed or frozen while it runs the job. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import { IDLE_IN_TRANSACTION_MS, LEASE_MS, POLL_MS, STATEMENT_MS } from "./limits.ts";

const FIXTURE = fileURLToPath(new URL("../../test-fixtures/run-jobs.ts", import.meta.url));
const HOLDERS = ["a", "b", "c"] as const;

/** What the specification allows from a node's death to another one's first write, if all have a processor to run on. */
const TAKE_OVER_MS_MAX = 10_000;

test("[SD-55] lease, statement, idle wait and poll stay below ten seconds together", () => {
  expect(Math.max(LEASE_MS, STATEMENT_MS + IDLE_IN_TRANSACTION_MS) + POLL_MS).toBeLessThan(TAKE_OVER_MS_MAX);
});

test("[SD-55] [C-53] three nodes run a job once in each period", async () => {
  await using nodes = await startNodes("frequent");
  await waitUntil("12 runs", async () => (await nodes.writes()).length >= 12);
  const writes = await nodes.writes();
  const dueAts = writes.map(({ due_at }) => due_at.getTime());
  expect(new Set(dueAts).size).toBe(writes.length);
  expect(dueAts.slice(1).every((dueAt, index) => (dueAt - (dueAts[index] ?? 0)) % 200 === 0)).toBe(true);
  expect(writes.map(({ epoch }) => epoch)).toEqual(writes.map((_, index) => index));
});

test("[SD-55] the long job of a killed node goes on at another", async () => {
  await using nodes = await startNodes("long");
  const holder = await nodes.busyHolder();
  nodes.signal(holder, "SIGKILL");
  const heir = await nodes.heirOf(holder);
  await nodes.endLongJob();
  await nodes.waitForOutcome(heir, "succeeded");
  expect(await nodes.lastRun()).toEqual({ holder: heir, outcome: "succeeded", epoch: 2 });
  expectNoOverlap(await nodes.writes());
});

test("[SD-55] [HAZARD-9] a frozen node loses its long job, and writes nothing when it thaws", async () => {
  await using nodes = await startNodes("long");
  const holder = await nodes.busyHolder();
  nodes.signal(holder, "SIGSTOP");
  const heir = await nodes.heirOf(holder);
  const writtenBefore = (await nodes.writes()).filter((write) => write.holder === holder).length;
  nodes.signal(holder, "SIGCONT");
  await nodes.waitForOutcome(holder, "lost");
  await nodes.endLongJob();
  await nodes.waitForOutcome(heir, "succeeded");
  const writes = await nodes.writes();
  expect(writes.filter((write) => write.holder === holder)).toHaveLength(writtenBefore);
  expectNoOverlap(writes);
});

test("a node that stops hands its long job over", async () => {
  await using nodes = await startNodes("long");
  const holder = await nodes.busyHolder();
  nodes.signal(holder, "SIGTERM");
  await nodes.waitForOutcome(holder, "handed_over");
  expect(await nodes.heirOf(holder)).not.toBe(holder);
  expectNoOverlap(await nodes.writes());
});

test.each(["SIGKILL", "SIGSTOP"] as const)(
  "[SD-55] a transaction whose node gets %s is undone, and its job is run by another",
  async (signal) => {
    await using nodes = await startNodes("thoughtful");
    const holder = await nodes.holderInTransaction();
    nodes.signal(holder, signal);
    const heir = await nodes.heirOf(holder);
    nodes.signal(holder, "SIGCONT");
    if (signal === "SIGSTOP") await nodes.waitForOutcome(holder, "failed");
    const writes = await nodes.writes();
    expect(writes.map((write) => write.holder)).toEqual([heir, heir]);
    expect(await nodes.lastRun()).toEqual({ holder: heir, outcome: "succeeded", epoch: 1 });
  },
);

interface Write {
  readonly holder: string;
  readonly epoch: number;
  readonly due_at: Date;
}

/** In the order they were committed in, the epochs never go back. */
function expectNoOverlap(writes: readonly Write[]): void {
  const epochs = writes.map(({ epoch }) => epoch);
  expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
  for (const epoch of new Set(epochs)) {
    const holders = new Set(writes.filter((write) => write.epoch === epoch).map(({ holder }) => holder));
    expect(holders.size).toBe(1);
  }
}

async function startNodes(job: string) {
  await using stack = new AsyncDisposableStack();
  const { database, url } = stack.use(await testDatabase());
  await database.query({
    text: `create table job_writes (
      id bigint generated always as identity, job text, holder text, epoch bigint, due_at timestamptz)`,
  });
  await database.query({ text: "create table job_ends (at timestamptz default now())" });
  const nodes = new Map<string, Node>();
  for (const holder of HOLDERS) {
    const node = startNode(url, holder, job);
    nodes.set(holder, node);
    stack.defer(() => endNode(node));
  }
  await Promise.all([...nodes.values()].map((node) => heard(node, "ready")));
  const all = stack.move();
  const nodeOf = (holder: string) => {
    const node = nodes.get(holder);
    if (node === undefined) throw new Error(`there is no node ${holder}`);
    return node;
  };
  return {
    writes: () => listWrites(database),
    /** The node that runs the long job, once it has written. */
    busyHolder: () => waitUntil("a first write", async () => (await listWrites(database)).at(2)?.holder),
    /** The node that is in the middle of a transaction. */
    holderInTransaction: () =>
      waitUntil("a run between its two writes", async () => {
        const { rows } = await database.query<{ holder: string }>({
          text: `select application_name as holder from pg_stat_activity
            where datname = current_database() and state = 'idle in transaction' and query like 'insert into job_writes%'`,
        });
        return rows[0]?.holder;
      }),
    /** The node that writes instead of another. */
    heirOf: (holder: string) =>
      waitUntil(
        `another node than ${holder} to write`,
        async () => (await listWrites(database)).findLast((write) => write.holder !== holder)?.holder,
      ),
    endLongJob: () => database.query({ text: "insert into job_ends default values" }),
    lastRun: async () => (await database.query({ text: "select holder, outcome, epoch from jobs" })).rows[0],
    signal: (holder: string, name: NodeJS.Signals) => void nodeOf(holder).child.kill(name),
    waitForOutcome: (holder: string, outcome: string) => heard(nodeOf(holder), outcome),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

interface Node {
  readonly child: ChildProcess;
  readonly lines: string[];
}

function startNode(url: string, holder: string, job: string): Node {
  const child = spawn(process.execPath, [FIXTURE, url, holder, job], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => lines.push(...chunk.toString().trim().split("\n")));
  return { child, lines };
}

const heard = ({ lines }: Node, line: string) => waitUntil(`the line "${line}"`, async () => lines.includes(line));

async function endNode({ child }: Node): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

async function listWrites(database: Database): Promise<Write[]> {
  const { rows } = await database.query<Write>({ text: "select holder, epoch, due_at from job_writes order by id" });
  return rows;
}
