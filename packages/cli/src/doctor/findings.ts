/** What the numbers of a server mean to whoever runs it. Pure. */
import { type ApiCluster, type ApiJob, type ApiProject, type ApiStorage, parseDsn } from "@mesher/protocol";
import { formatBytes } from "../format-bytes.ts";
import type { Readiness } from "../status-command.ts";

export interface Finding {
  /** `unknown`: it could not be looked at. */
  readonly verdict: "good" | "warning" | "bad" | "unknown";
  /** What was looked at, in a word or two. */
  readonly subject: string;
  /** A sentence. */
  readonly says: string;
  /** What to do about it; a sentence. */
  readonly remedy?: string;
}

/** Share of the journal's limit from which on there is reason to look, and from which on events are soon refused. */
const JOURNAL_WARNING = 0.5;
const JOURNAL_BAD = 0.9;

/** Share of the disk that is free. PostgreSQL and the journal stop writing when there is none. */
const DISK_WARNING = 0.1;
const DISK_BAD = 0.03;

/** Events are dated by the clients' clocks, corrected by the server's: two machines that differ more show it in every time. */
const CLOCK_WARNING_MS = 5_000;

export function judgeReadiness({ ready, database, journal }: Readiness): readonly Finding[] {
  const share = journal.bytes_max === 0 ? 0 : journal.bytes / journal.bytes_max;
  const filled = `${journal.waiting} entries wait to be stored, ${(share * 100).toFixed(1)} % of the room for them is used`;
  return [
    ready
      ? { verdict: "good", subject: "accepts", says: "Events are accepted." }
      : {
          verdict: "bad",
          subject: "accepts",
          says: "No events are accepted.",
          remedy: "See the server's log: the journal is full, its disk cannot be written, or it is being stopped.",
        },
    database === "reachable"
      ? { verdict: "good", subject: "database", says: "PostgreSQL answers." }
      : {
          verdict: "bad",
          subject: "database",
          says: `PostgreSQL is ${database}: events are accepted and wait in the journal.`,
          remedy: "Bring it back before the journal is full; nothing else needs to be done.",
        },
    share < JOURNAL_WARNING
      ? { verdict: "good", subject: "journal", says: `${filled}.` }
      : {
          verdict: share < JOURNAL_BAD ? "warning" : "bad",
          subject: "journal",
          says: `${filled}; when it is full, clients are refused with 429.`,
          remedy: "See why PostgreSQL is slow or away; MESHER_JOURNAL_MAX_BYTES gives more room.",
        },
  ];
}

/** @param serverMs the server's clock (`NaN`: it does not tell), read halfway between `sentMs` and `answeredMs` of ours. */
export function judgeClock(serverMs: number, sentMs: number, answeredMs: number): Finding {
  if (Number.isNaN(serverMs))
    return { verdict: "unknown", subject: "clock", says: "The server does not tell its time." };
  const differenceMs = Math.abs(serverMs - (sentMs + answeredMs) / 2);
  // The header has whole seconds, and the way there and back may have been all on one side.
  const surelyMs = Math.max(0, differenceMs - 1000 - (answeredMs - sentMs) / 2);
  const seconds = (differenceMs / 1000).toFixed(0);
  return surelyMs < CLOCK_WARNING_MS
    ? { verdict: "good", subject: "clock", says: "The server's clock agrees with this machine's." }
    : {
        verdict: "warning",
        subject: "clock",
        says: `The server's clock and this machine's differ by ${seconds} s.`,
        remedy: "Let both keep their time by NTP.",
      };
}

export function judgeProjects(projects: readonly ApiProject[]): Finding {
  const [first] = projects;
  if (first === undefined) {
    return {
      verdict: "warning",
      subject: "DSN",
      says: "There is no project to send events to.",
      remedy: 'Make one: mesher projects create "NAME".',
    };
  }
  const withoutKey = projects.find(({ dsn }) => parseDsn(dsn) === undefined);
  if (withoutKey !== undefined) {
    return {
      verdict: "warning",
      subject: "DSN",
      says: `The project "${withoutKey.slug}" has no key that is valid.`,
      remedy: `Give it one: mesher keys create ${withoutKey.slug}.`,
    };
  }
  const { hostname } = new URL(first.dsn);
  return ["localhost", "127.0.0.1", "[::1]"].includes(hostname)
    ? {
        verdict: "warning",
        subject: "DSN",
        says: `DSNs name ${hostname}: only apps on the server's own machine can use them as they are shown.`,
        remedy: "Set MESHER_PUBLIC_URL to the address at which apps and people reach the server.",
      }
    : { verdict: "good", subject: "DSN", says: `DSNs name ${new URL(first.dsn).host}.` };
}

export function judgeJobs(jobs: readonly ApiJob[], nowMs: number): Finding {
  const failed = jobs.find(({ outcome }) => outcome === "failed");
  if (failed !== undefined) {
    return {
      verdict: "bad",
      subject: "jobs",
      says: `The last run of ${failed.name} failed: ${failed.error ?? "it did not say why"}.`,
      remedy: "It is tried again by itself; mesher jobs shows when.",
    };
  }
  const late = jobs.find(
    ({ state, next_run_at, every_seconds }) =>
      state === "idle" && nowMs - Date.parse(next_run_at) > 1000 * Math.max(60, every_seconds),
  );
  return late === undefined
    ? { verdict: "good", subject: "jobs", says: `All ${jobs.length} jobs run in time.` }
    : {
        verdict: "warning",
        subject: "jobs",
        says: `${late.name} should have run at ${late.next_run_at}, and has not.`,
        remedy: "See the servers' logs: no node gets to it, or none reaches PostgreSQL.",
      };
}

export function judgeDisk({ disk }: ApiStorage): Finding {
  const share = disk.total_bytes === 0 ? 1 : disk.free_bytes / disk.total_bytes;
  const free = `${formatBytes(disk.free_bytes)} of ${formatBytes(disk.total_bytes)} are free where the data lies`;
  return share >= DISK_WARNING
    ? { verdict: "good", subject: "disk", says: `${free}.` }
    : {
        verdict: share < DISK_BAD ? "bad" : "warning",
        subject: "disk",
        says: `Only ${free}.`,
        remedy:
          "Keep events for fewer days (mesher projects settings PROJECT --set retention_days=30), or give it a larger disk.",
      };
}

export function judgeCluster({
  mode,
  fault,
  transport,
  nodes,
  refused,
  unreached,
  replication,
}: ApiCluster): readonly Finding[] {
  if (mode === "standalone") {
    return [
      fault === null
        ? { verdict: "good", subject: "cluster", says: "The server stands alone, as it is told to." }
        : {
            verdict: "bad",
            subject: "cluster",
            says: `The server stands alone although it is to join a cluster: ${fault}`,
            remedy: "Mend the setting it names, and start it again.",
          },
    ];
  }
  const dead = nodes.filter(({ status }) => status === "dead");
  const alive = nodes.filter(({ status }) => status === "alive");
  const versions = new Set(alive.map(({ version }) => version));
  const findings: Finding[] = [
    dead.length === 0
      ? { verdict: "good", subject: "nodes", says: `${alive.length} nodes are alive, and none is missed.` }
      : {
          verdict: "bad",
          subject: "nodes",
          says: `${dead.map(({ name }) => name).join(", ")} ${dead.length === 1 ? "is" : "are"} missed.`,
          remedy: "Start it again with its own data directory, where accepted events may wait.",
        },
    replication.state === "degraded"
      ? {
          verdict: "bad",
          subject: "copies",
          says: "Accepted events are on this node's disk only.",
          remedy: "Bring another node back: it takes over the copies by itself.",
        }
      : { verdict: "good", subject: "copies", says: `Copies of the journal: ${replication.state}.` },
  ];
  if (transport.kind === "nats" && transport.status !== "connected") {
    findings.push({
      verdict: "bad",
      subject: "NATS",
      says: `NATS at ${transport.server} is ${transport.status}${transport.reason === null ? "" : `: ${transport.reason}`}.`,
      remedy:
        transport.status === "away"
          ? "Bring it back: until then this node is alone."
          : "Give this node a name of its own: MESHER_NODE_NAME.",
    });
  }
  if (versions.size > 1) {
    findings.push({
      verdict: "warning",
      subject: "versions",
      says: `The nodes run different versions: ${[...versions].sort().join(", ")}.`,
      remedy: "Upgrade those that were left out.",
    });
  }
  for (const { peer, message, count } of refused) {
    findings.push({ verdict: "warning", subject: "refused", says: `${peer}, ${count} times: ${message}` });
  }
  for (const peer of unreached) {
    findings.push({
      verdict: "warning",
      subject: "unreached",
      says: `${peer} has never answered.`,
      remedy: "Is it started, is its name right, and is its port open between the nodes?",
    });
  }
  return findings;
}

/** The exit code: 1 if something is bad. */
export function exitCodeOf(findings: readonly Finding[]): number {
  return findings.some(({ verdict }) => verdict === "bad") ? 1 : 0;
}
