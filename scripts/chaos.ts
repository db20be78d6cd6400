/**
 * Breaks a cluster again and again under load, and keeps the account: whatever was answered with 2xx is stored, once, and
 * whoever listens hears it, once, or is told that something may be missing and reads it then: each sees all of it.
 *
 *     sudo npm run chaos -- [--minutes 5] [--nodes 3] [--seed 1]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openDatabase, startEmbeddedPostgres } from "@mesher/server/testing";
import {
  Balancer,
  createDataDir,
  MACHINE_HTTP_PORT,
  type Machine,
  Machines,
  Namespaces,
  settled,
} from "@mesher/testkit";
import { FAULTS, type Fault, RESTART } from "./chaos/faults.ts";
import { type Listener, startClients, startListener } from "./chaos/load.ts";
import { numberOption, wholeOption } from "./number-option.ts";

/** Within this time after a fault all nodes see each other, agree on the leader and all names, and have their copies. */
const SETTLED_MS_MAX = 60_000;

const HELP = `Breaks a cluster again and again under load, and keeps the account.

  npm run chaos -- [--minutes N] [--nodes N] [--seed N]

  --minutes N   How long faults go on. Default: 5.
  --nodes N     2 to 9. Default: 3.
  --seed N      The faults follow from it. Default: one of the clock, which is printed.

Every node runs in a network of its own, so that packets can really be lost: this needs root, and the kernel's network namespaces.
It ends with a rolling restart, during which no answer may be a 5xx. After each fault all nodes have ${SETTLED_MS_MAX / 1_000} s to see each other, to
agree on the leader and on all names, and to have their copies. The exit code is 1 if the account does not balance.
`;

const STORED_MS_MAX = 120_000;

/** What a listener did not hear, it is told of within this time after it was received: as "something may be missing". */
const NOTICE_MS_MAX = SETTLED_MS_MAX;
const PAUSE_MS = { min: 1_000, max: 5_000 };
const LOAD = { clients: 6, everyMs: 40 };

process.exitCode = await run();

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "5" },
      nodes: { type: "string", default: "3" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const missing = await Namespaces.missing();
  if (missing !== undefined) {
    console.error(missing);
    return 1;
  }
  const seed = wholeOption("--seed", values.seed);
  const nodes = wholeOption("--nodes", values.nodes, { min: 1 });
  const minutes = numberOption("--minutes", values.minutes, { min: 0.1 });
  const random = randomFrom(seed);
  console.log(`seed ${seed}, ${nodes} nodes, ${minutes} minutes`);

  await using started = new AsyncDisposableStack();
  const dataDir = started.use(await createDataDir("mesher-chaos-"));
  const postgres = await startEmbeddedPostgres({ dataDir: dataDir.path, log: () => undefined });
  started.defer(() => postgres.stop());
  const machines = started.use(await Machines.start(nodes, postgres.url));
  const balancer = started.use(
    await Balancer.start(machines.all.map(({ address }) => ({ host: address, port: MACHINE_HTTP_PORT }))),
  );
  await settled(machines, SETTLED_MS_MAX);

  const dsn = machines.all[0]?.node.dsn.replace(/@[^/]+/, `@127.0.0.1:${balancer.port}`) ?? "";
  const token = machines.all[0]?.node.token ?? "";
  const listenAt = (host: string) => startListener({ host, project: "default", token });
  const listeners = new Map(
    await Promise.all([
      ...machines.all.map(async ({ index, address }) => {
        const listener = await listenAt(`${address}:${MACHINE_HTTP_PORT}`);
        return [`mesher${index + 1}`, listener] as const;
      }),
      // It comes back to whichever node the balancer chooses.
      listenAt(`127.0.0.1:${balancer.port}`).then((listener) => ["balancer", listener] as const),
    ]),
  );
  const sent = startClients(dsn, LOAD);
  const history: { readonly fault: string; readonly settledMs: number }[] = [];
  const inflict = async (fault: Fault, victim: Machine) => {
    await fault.run(machines, victim, random);
    const settledMs = await settled(machines, SETTLED_MS_MAX);
    history.push({ fault: fault.name, settledMs });
    console.log(
      `${fault.name.padEnd(20)} mesher${victim.index + 1}   settled after ${settledMs} ms   ${sent.answered.size} answered`,
    );
  };

  const endsAt = Date.now() + minutes * 60_000;
  while (Date.now() < endsAt) {
    await sleep(PAUSE_MS.min + random() * (PAUSE_MS.max - PAUSE_MS.min));
    await inflict(pick(FAULTS, random), pick(machines.all, random));
  }
  const failuresBefore = failuresOf(sent.statuses);
  for (const victim of machines.all) await inflict(RESTART, victim);
  const failuresInRollingRestart = failuresOf(sent.statuses) - failuresBefore;
  await sent.stop();

  const database = openDatabase({ url: postgres.url, poolSize: 2, applicationName: "chaos", log: () => undefined });
  started.defer(() => database.close());
  const stored = await storedIds(database, sent.answered);
  const lost = [...sent.answered].filter((id) => !stored.ids.has(id));
  await Promise.all([...listeners.values()].map((listener) => listener.stop()));

  const streams = [...listeners].map(([name, listener]) => ({ name, ...accountOf(listener, stored.ids) }));
  console.log(`
Account
  answered with 2xx             ${sent.answered.size}
  lost                          ${lost.length}
  rows stored                   ${stored.rows}, of ${stored.ids.size} ids (those beyond the answered were stored, and their answer was lost)
  stored by the counters        ${stored.counted} of outcomes, ${stored.ofIssues} of issues, ${stored.ofHours} of hours
  statuses                      ${[...sent.statuses].map(([status, count]) => `${status}: ${count}`).join(", ")}; ${sent.unanswered} requests without an answer, sent again
  5xx in the rolling restart    ${failuresInRollingRestart}
  longest wait for a 2xx        ${Math.round(sent.slowestMs)} ms
Streams, a listener on each node and one behind the balancer, of ${stored.ids.size} events
${streams.map(({ name, tell }) => `  ${name.padEnd(10)} ${tell}`).join("\n")}
Settled after a fault (all see each other, one leader, the same names, copies complete), ms
${summaryOf(history)}`);
  const isBalanced =
    lost.length === 0 &&
    stored.rows === stored.ids.size &&
    [stored.counted, stored.ofIssues, stored.ofHours].every((count) => count === stored.rows) &&
    failuresInRollingRestart === 0 &&
    streams.every(({ twice, untold, unseen }) => twice === 0 && untold.length === 0 && unseen.length === 0);
  console.log(isBalanced ? "\nThe account balances." : "\nTHE ACCOUNT DOES NOT BALANCE.");
  if (lost.length > 0) console.log(`lost: ${lost.slice(0, 20).join(" ")}`);
  for (const { name, untold, unseen } of streams) {
    if (untold.length > 0) console.log(`${name} was not told of: ${untold.slice(0, 20).join(" ")}`);
    if (unseen.length > 0) console.log(`${name} has not seen: ${unseen.slice(0, 20).join(" ")}`);
  }
  return isBalanced ? 0 : 1;
}

/** `untold`: what was not heard, without a word that something may be missing. `unseen`: what was neither heard nor read. */
function accountOf(listener: Listener, receivedAtMs: ReadonlyMap<string, number>) {
  const { heard, read, noticesMs, reconnects, resumed } = listener;
  const twice = [...heard.values()].filter((times) => times > 1).length;
  const missed = [...receivedAtMs].filter(([id]) => !heard.has(id));
  const untold = missed.flatMap(([id, atMs]) =>
    noticesMs.some((noticeMs) => noticeMs >= atMs && noticeMs <= atMs + NOTICE_MS_MAX) ? [] : [id],
  );
  const unseen = missed.flatMap(([id]) => (read.has(id) ? [] : [id]));
  const tell = `heard ${heard.size}, ${twice} twice; told ${noticesMs.length} times that some may be missing, and ${missed.length} were, ${untold.length} untold; ${missed.length - unseen.length} of them it read then, ${unseen.length} it never saw; came back ${reconnects} times, ${resumed} resumed`;
  return { twice, untold, unseen, tell };
}

async function storedIds(database: ReturnType<typeof openDatabase>, answered: ReadonlySet<string>) {
  const deadline = Date.now() + STORED_MS_MAX;
  for (;;) {
    const { rows } = await database.query<{ id: string; received_at: Date }>({
      text: "select replace(event_id::text, '-', '') as id, received_at from events",
    });
    const ids = new Map(rows.map(({ id, received_at }) => [id, received_at.getTime()]));
    const sums = await database.query<{ counted: number; of_issues: number; of_hours: number }>({
      text: `
        select (select coalesce(sum(count), 0)::int from outcome_counts where outcome = 'stored') as counted,
          (select coalesce(sum(event_count), 0)::int from issue_counters) as of_issues,
          (select coalesce(sum(count), 0)::int from event_counts) as of_hours`,
    });
    const { counted = 0, of_issues: ofIssues = 0, of_hours: ofHours = 0 } = sums.rows[0] ?? {};
    const isDone = [...answered].every((id) => ids.has(id)) && counted === rows.length;
    if (isDone || Date.now() > deadline) return { ids, rows: rows.length, counted, ofIssues, ofHours };
    await sleep(500);
  }
}

function failuresOf(statuses: ReadonlyMap<number, number>): number {
  return [...statuses].reduce((sum, [status, count]) => sum + (status >= 500 ? count : 0), 0);
}

function summaryOf(history: readonly { readonly fault: string; readonly settledMs: number }[]): string {
  const faults = [...new Set(history.map(({ fault }) => fault))].sort();
  return faults
    .map((fault) => {
      const times = history.flatMap((each) => (each.fault === fault ? [each.settledMs] : [])).sort((a, b) => a - b);
      const median = times[Math.floor(times.length / 2)];
      return `  ${fault.padEnd(20)} ${String(times.length).padStart(3)} times   median ${median}   longest ${times.at(-1)}`;
    })
    .join("\n");
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("there is nothing to pick from");
  return item;
}

/** Mulberry32: small, and good enough to choose faults with. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
