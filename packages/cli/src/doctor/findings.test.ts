import type { ApiCluster, ApiJob, ApiProject, ApiStorage } from "@mesher/protocol";
import { describe, expect, test } from "vitest";
import {
  exitCodeOf,
  type Finding,
  judgeClock,
  judgeCluster,
  judgeDisk,
  judgeJobs,
  judgeProjects,
  judgeReadiness,
} from "./findings.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 12);

const READY = { ready: true, database: "reachable", journal: { waiting: 3, bytes: 10, bytes_max: 1000 } };

const job = (changes: Partial<ApiJob>): ApiJob => ({
  name: "retention",
  title: "Retention",
  about: "Removes old events.",
  every_seconds: 30,
  state: "idle",
  epoch: 1,
  holder: "a@h:1",
  started_at: null,
  finished_at: null,
  duration_ms: 1,
  outcome: "succeeded",
  error: null,
  result: null,
  next_run_at: new Date(NOW_MS + 5_000).toISOString(),
  ...changes,
});

const project = (dsn: string) => ({ slug: "shop", dsn }) as ApiProject;

const CLUSTER = {
  mode: "cluster",
  fault: null,
  transport: { kind: "mesh" },
  nodes: [
    { name: "a@h:1", status: "alive", version: "1" },
    { name: "b@h:1", status: "alive", version: "1" },
  ],
  refused: [],
  unreached: [],
  replication: { state: "complete" },
} as unknown as ApiCluster;

describe("readiness", () => {
  test("all is well", () => {
    expect(verdictsOf(judgeReadiness(READY))).toEqual({ accepts: "good", database: "good", journal: "good" });
  });

  test.for([
    [{ ready: false }, "accepts", "bad"],
    [{ database: "away" }, "database", "bad"],
    [{ journal: { waiting: 9, bytes: 500, bytes_max: 1000 } }, "journal", "warning"],
    [{ journal: { waiting: 9, bytes: 900, bytes_max: 1000 } }, "journal", "bad"],
  ] as const)("%j: %s is %s, and there is something to do", ([changes, subject, verdict]) => {
    const finding = judgeReadiness({ ...READY, ...changes }).find((each) => each.subject === subject);
    expect(finding).toMatchObject({ verdict, remedy: expect.any(String) });
  });
});

describe("clock", () => {
  test("a server that does not tell its time is not said to differ", () => {
    expect(judgeClock(Number.NaN, NOW_MS, NOW_MS).verdict).toBe("unknown");
  });

  test.for([
    [0, 0, 100, "good"],
    // The header's seconds are cut off, and the answer took its time.
    [5_900, 0, 200, "good"],
    [-5_900, 0, 200, "good"],
    [30_000, 0, 60_000, "good"],
    [8_000, 0, 200, "warning"],
    [-8_000, 0, 200, "warning"],
  ] as const)("%d ms, asked at %d and answered at %d: %s", ([server, sent, answered, verdict]) => {
    expect(judgeClock(NOW_MS + server, NOW_MS + sent, NOW_MS + answered).verdict).toBe(verdict);
  });
});

test.for([
  ["https://key@errors.example.org/1", "good"],
  ["http://key@localhost:8080/1", "warning"],
  ["http://key@[::1]:8080/1", "warning"],
] as const)("the DSN %j is %s", ([dsn, verdict]) => {
  expect(judgeProjects([project(dsn)]).verdict).toBe(verdict);
});

test("a project whose keys are all revoked is told, whose DSN names nobody", () => {
  expect(judgeProjects([project("http://key@h/1"), project("http://@h/2")])).toMatchObject({
    verdict: "warning",
    says: expect.stringContaining("no key that is valid"),
  });
});

test("without projects there is a command that makes one", () => {
  expect(judgeProjects([])).toMatchObject({ verdict: "warning", remedy: expect.stringContaining("projects create") });
});

test.for([
  [{}, "good"],
  [{ outcome: "failed", error: "no disk" }, "bad"],
  [{ next_run_at: new Date(NOW_MS - 61_000).toISOString() }, "warning"],
  [{ next_run_at: new Date(NOW_MS - 61_000).toISOString(), state: "running" }, "good"],
  [{ next_run_at: new Date(NOW_MS - 61_000).toISOString(), every_seconds: 3600 }, "good"],
] as const)("a job that is %j is %s", ([changes, verdict]) => {
  expect(judgeJobs([job({}), job(changes)], NOW_MS).verdict).toBe(verdict);
});

test.for([
  [50, "good"],
  [9, "warning"],
  [2, "bad"],
] as const)("a disk of which %d %% are free is %s", ([free_bytes, verdict]) => {
  expect(judgeDisk({ disk: { free_bytes, total_bytes: 100 } } as ApiStorage).verdict).toBe(verdict);
});

describe("cluster", () => {
  test("all is well, alone and together", () => {
    expect(verdictsOf(judgeCluster(CLUSTER))).toEqual({ nodes: "good", copies: "good" });
    expect(verdictsOf(judgeCluster({ ...CLUSTER, mode: "standalone" }))).toEqual({ cluster: "good" });
  });

  test.for([
    [{ mode: "standalone", fault: "the cookie is too short" }, "cluster", "bad"],
    [{ nodes: [{ name: "a@h:1", status: "dead", version: "1" }] }, "nodes", "bad"],
    [{ replication: { state: "degraded" } }, "copies", "bad"],
    [{ refused: [{ peer: "c@h:1", message: "Another cookie.", count: 2 }] }, "refused", "warning"],
    [{ unreached: ["d@h:1"] }, "unreached", "warning"],
    [{ transport: { kind: "nats", server: "nats://h", status: "away", reason: null } }, "NATS", "bad"],
    [{ transport: { kind: "nats", server: "nats://h", status: "refused", reason: "taken" } }, "NATS", "bad"],
    [{ nodes: ["1", "2"].map((version) => ({ name: "a@h:1", status: "alive", version })) }, "versions", "warning"],
  ] as const)("%j: %s is %s", ([changes, subject, verdict]) => {
    const findings = judgeCluster({ ...CLUSTER, ...changes } as unknown as ApiCluster);
    expect(verdictsOf(findings)[subject]).toBe(verdict);
  });
});

test("only what is bad is no success", () => {
  const finding = (verdict: Finding["verdict"]) => ({ verdict, subject: "x", says: "y" });
  expect(exitCodeOf([finding("good"), finding("warning"), finding("unknown")])).toBe(0);
  expect(exitCodeOf([finding("good"), finding("bad")])).toBe(1);
});

const verdictsOf = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ subject, verdict }) => [subject, verdict]));
