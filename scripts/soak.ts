/**
 * Uses one node, or a cluster, steadily for a long time, and watches what they need.
 *
 *     npm run soak -- --minutes 60 [--nodes 3] [--per-second 50]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { ApiCluster } from "@mesher/protocol";
import { openDatabase, startEmbeddedPostgres } from "@mesher/server/testing";
import { createDataDir, ServerCluster, type ServerProcess } from "@mesher/testkit";
import { numberOption, wholeOption } from "./number-option.ts";
import { type GrowthLimit, growthOf } from "./soak/growth.ts";
import { startUsage, type Usage } from "./soak/load.ts";

const HELP = `Uses one node, or a cluster, steadily for a long time, and watches what they need.

  npm run soak -- [OPTIONS]

  --minutes N      Default: 60.
  --nodes N        Default: 1.
  --per-second N   Events, over all nodes. Default: 50.

Every ten seconds it prints of each node: memory, heap, open files, delay of the event loop, what waits in the journal and for how long; and
the size of the database. The exit code is 1 when at the end the account does not balance, something was refused or broke off, the
journal does not empty, or something grows without bound. That is: of all samples the first third is warm-up; the median of the last
third is more than 20 % (memory and heap: and 24 MiB; files: and 10) above that of the middle third.
`;

const SAMPLE_EVERY_MS = 10_000;
const STORED_MS_MAX = 60_000;
const MIB = 1024 * 1024;

const LIMITS = {
  rss: { share: 0.2, atLeast: 24 * MIB },
  heap: { share: 0.2, atLeast: 24 * MIB },
  files: { share: 0.2, atLeast: 10 },
} as const satisfies Partial<Record<keyof Sample, GrowthLimit>>;

interface Sample {
  /** Bytes. */
  readonly rss: number;
  readonly heap: number;
  readonly files: number;
  readonly loopDelayP99Ms: number;
  readonly waiting: number;
  readonly lagMs: number;
}

process.exitCode = await run();

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "60" },
      nodes: { type: "string", default: "1" },
      "per-second": { type: "string", default: "50" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const minutes = numberOption("--minutes", values.minutes, { min: 0.1 });
  const nodeCount = wholeOption("--nodes", values.nodes, { min: 1 });
  const perSecond = numberOption("--per-second", values["per-second"], { min: 0.1 });
  await using started = new AsyncDisposableStack();
  const dataDir = started.use(await createDataDir("mesher-soak-"));
  const postgres = started.use(await startEmbeddedPostgres({ dataDir: dataDir.path, log: () => undefined }));
  const database = started.use(
    openDatabase({ url: postgres.url, poolSize: 1, applicationName: "soak", log: () => undefined }),
  );
  const { nodes } = started.use(
    await ServerCluster.start(nodeCount, {
      databaseUrl: postgres.url,
      env: { MESHER_RATE_LIMIT_MAX_EVENTS: "100000000" },
    }),
  );
  const usage = await startUsage(nodes, perSecond);
  const samples: Sample[][] = nodes.map(() => []);
  console.log("minute  node  RSS MiB  heap MiB  files  loop p99 ms  waiting  lag ms  database MiB  events");
  const endsAt = Date.now() + minutes * 60_000;
  const startedAt = Date.now();
  while (Date.now() < endsAt) {
    await sleep(Math.min(SAMPLE_EVERY_MS, endsAt - Date.now()));
    const databaseMiB = (await sizeOf(database)) / MIB;
    for (const [index, server] of nodes.entries()) {
      const sample = await look(server);
      samples[index]?.push(sample);
      const cells = [
        ((Date.now() - startedAt) / 60_000).toFixed(1).padStart(6),
        String(index + 1).padStart(4),
        (sample.rss / MIB).toFixed(0).padStart(7),
        (sample.heap / MIB).toFixed(0).padStart(8),
        String(sample.files).padStart(5),
        sample.loopDelayP99Ms.toFixed(1).padStart(11),
        String(sample.waiting).padStart(7),
        sample.lagMs.toFixed(0).padStart(6),
        databaseMiB.toFixed(0).padStart(12),
        String(usage.answered.size).padStart(6),
      ];
      console.log(cells.join("  "));
    }
  }
  await usage.stop();
  return tellEnd(usage, await accountOf(database, usage), samples);
}

type Database = ReturnType<typeof openDatabase>;

async function look(server: ServerProcess): Promise<Sample> {
  // All from one answer: the delay of the event loop is counted from one answer to the next.
  const [text, cluster] = await Promise.all([
    fetch(`${server.url}/metrics`).then((response) => response.text()),
    server.get<ApiCluster>("/api/v1/cluster"),
  ]);
  const read = (name: string) => Number(new RegExp(`^mesher_${name} (.*)$`, "m").exec(text)?.[1] ?? Number.NaN);
  const lagMs = cluster.nodes.find(({ is_self }) => is_self)?.load?.lag_ms ?? 0;
  return {
    rss: read("process_resident_memory_bytes"),
    heap: read("nodejs_heap_size_used_bytes"),
    files: read("process_open_fds"),
    loopDelayP99Ms: read("nodejs_eventloop_lag_p99_seconds") * 1_000,
    waiting: read("journal_entries"),
    lagMs,
  };
}

async function sizeOf(database: Database): Promise<number> {
  const { rows } = await database.query<{ bytes: string }>({
    text: "select pg_database_size(current_database())::text as bytes",
  });
  return Number(rows[0]?.bytes ?? Number.NaN);
}

interface Account {
  readonly rows: number;
  readonly ids: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly ofIssues: number;
  readonly ofHours: number;
}

/** As soon as it balances; or as it is when there was time enough. */
async function accountOf(database: Database, usage: Usage): Promise<Account> {
  const deadline = Date.now() + STORED_MS_MAX;
  for (;;) {
    const { rows } = await database.query<Account>({
      text: `
        select (select count(*)::int from events) as rows, (select count(distinct event_id)::int from events) as ids,
          (select coalesce(sum(count), 0)::int from outcome_counts where outcome = 'stored') as stored,
          (select coalesce(sum(count), 0)::int from outcome_counts where outcome = 'duplicate') as duplicates,
          (select coalesce(sum(event_count), 0)::int from issue_counters) as "ofIssues",
          (select coalesce(sum(count), 0)::int from event_counts) as "ofHours"`,
    });
    const [account] = rows;
    if (account === undefined) throw new Error("the database counts nothing");
    if (isBalanced(account, usage) || Date.now() > deadline) return account;
    await sleep(500);
  }
}

function isBalanced({ rows, ids, stored, duplicates, ofIssues, ofHours }: Account, usage: Usage): boolean {
  const isOnce = [rows, ids, stored, ofIssues, ofHours].every((count) => count === usage.answered.size);
  return isOnce && duplicates === usage.resent;
}

function tellEnd(usage: Usage, account: Account, samples: readonly (readonly Sample[])[]): number {
  type Told = { readonly text: string; readonly isUnbounded: boolean | undefined };
  const grown: Told[] = samples.flatMap((ofNode, index) =>
    Object.entries(LIMITS).map(([name, limit]): Told => {
      const growth = growthOf(
        ofNode.map((sample) => sample[name as keyof typeof LIMITS]),
        limit,
      );
      const where = `  ${name.padEnd(5)} of node ${index + 1}`;
      if (growth === undefined) return { text: `${where}  too few samples to tell`, isUnbounded: undefined };
      const unit = name === "files" ? 1 : MIB;
      const [before, after] = [growth.before, growth.after].map((figure) => (figure / unit).toFixed(0));
      return { text: `${where}  ${before} → ${after}${growth.isUnbounded ? "  GROWS" : ""}`, ...growth };
    }),
  );
  console.log(`
Account
  answered with 2xx     ${usage.answered.size}, and ${usage.resent} sent a second time
  rows stored           ${account.rows}, of ${account.ids} ids
  by the counters       ${account.stored} stored and ${account.duplicates} duplicates of outcomes, ${account.ofIssues} of issues, ${account.ofHours} of hours
  reads                 ${usage.reads}
  messages of streams   ${usage.heard}
  faults                ${usage.faults.length}${usage.faults.map((fault) => `\n    ${fault}`).join("")}
Growth, median of the middle third → of the last (MiB, files)
${grown.map(({ text }) => text).join("\n")}`);
  const isWell =
    isBalanced(account, usage) && usage.faults.length === 0 && !grown.some((each) => each.isUnbounded === true);
  const isTold = grown.every(({ isUnbounded }) => isUnbounded !== undefined);
  const verdict = isTold ? "and nothing grows" : "whether something grows cannot be told of so short a run";
  console.log(isWell ? `\nThe account balances, ${verdict}.` : "\nNOT AS IT IS TO BE.");
  return isWell ? 0 : 1;
}
