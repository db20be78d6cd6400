/**
 * Nodes on machines of their own, between which packets are really lost. Run by `npm run test:network`, as root; where
 * that cannot be, it says so and tests nothing.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Namespaces } from "@mesher/testkit";
import { describe, expect, test } from "vitest";
import { MESH_TUNING } from "./mesh-options.ts";
import { ChildNode } from "./test-child.ts";
import type { ProcessReport } from "./test-child-process.ts";

const { heartbeatMs, silenceMs, handshakeMs } = MESH_TUNING;

/** A silence is noticed at the heartbeat after its limit; the rest is the machine's. */
const NOTICED_MS_MAX = silenceMs + 2 * heartbeatMs;

/** The longest wait between two attempts, an attempt that was lost, and one that is not. */
const WHOLE_AGAIN_MS_MAX = 10_000 + 2 * handshakeMs;

const TEST_MS_MAX = 180_000;

const missing = await Namespaces.missing();
process.stderr.write(`network faults: ${missing === undefined ? "tested in namespaces" : `NOT tested, ${missing}`}\n`);

class Machines implements AsyncDisposable {
  readonly network: Namespaces;
  readonly nodes: ChildNode[] = [];

  static async start(count: number): Promise<Machines> {
    const machines = new Machines(await Namespaces.make(count));
    for (let machine = 0; machine < count; machine += 1) {
      const { network, nodes } = machines;
      const name = `n${machine}@${network.address(machine)}:9000`;
      const tuning = [heartbeatMs, silenceMs] as const;
      nodes.push(await ChildNode.start(name, nodes[0]?.self ?? "", tuning, network.commandOn(machine)));
    }
    await machines.until((reports) => reports.every(({ list }) => list.length === count - 1), "the full mesh", 10_000);
    return machines;
  }

  private constructor(network: Namespaces) {
    this.network = network;
  }

  reports(): Promise<ProcessReport[]> {
    return Promise.all(this.nodes.map((node) => node.order({ does: "tell" })));
  }

  /** Asks all nodes until it is so; resolves with how long that took, milliseconds. */
  async until(isSo: (reports: ProcessReport[]) => boolean, what: string, waitMs: number): Promise<number> {
    const beganMs = performance.now();
    for (let reports = await this.reports(); !isSo(reports); reports = await this.reports()) {
      if (performance.now() - beganMs > waitMs)
        throw new Error(`waited ${waitMs} ms for ${what}: ${JSON.stringify(reports)}`);
      await sleep(100);
    }
    return performance.now() - beganMs;
  }

  async contend(name: string): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.order({ does: "contend", name })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) await node[Symbol.asyncDispose]();
    await this.network[Symbol.asyncDispose]();
  }
}

/** What each node was told of each other one, in order. */
function stories(reports: readonly ProcessReport[]): string[] {
  return reports.flatMap(({ self, changes }) =>
    reports.flatMap((other) => {
      const kinds = changes.filter(({ node }) => node === other.self).map(({ kind }) => kind);
      return other.self === self ? [] : [`${self} ${other.self} ${kinds.join(" ")}`];
    }),
  );
}

function ownersOf(reports: readonly ProcessReport[], name: string): Set<string | undefined> {
  return new Set(reports.map(({ owners }) => owners[name]));
}

describe.skipIf(missing !== undefined)("packets that are lost", () => {
  test("[SD-56] a node whose network is gone from the start serves itself", async () => {
    await using network = await Namespaces.make(1);
    await network.cutOff(0);
    const name = `alone@${network.address(0)}:9000`;
    await using node = await ChildNode.start(name, "", [heartbeatMs, silenceMs], network.commandOn(0));
    const report = await node.order({ does: "contend", name: "registry" });
    expect(report.owners).toMatchObject({ registry: name });
    expect(report.changes).toEqual([]);
  });

  test.each([2, 3, 5])(
    "[SD-56] [HAZARD-2] [FT-02] [C-36] of %i nodes one is behind a dead route: for 2 s nobody notices; for 9 s and 25 s both sides are told once, and it heals",
    async (count) => {
      await using machines = await Machines.start(count);
      const { network, nodes } = machines;
      const last = count - 1;
      const isWhole = (reports: ProcessReport[]) => reports.every(({ list }) => list.length === last);
      await machines.contend("registry");
      const atFirst = stories(await machines.reports());

      await network.cutOff(last);
      await sleep(2_000);
      await network.reconnect(last);
      // Everybody is heard again, so whatever was to be noticed has been.
      await Promise.all(nodes.map((node) => node.order({ does: "call", count: 3 })));
      const afterShort = await machines.reports();
      expect(stories(afterShort)).toEqual(atFirst);
      expect(afterShort.flatMap(({ failedCalls }) => failedCalls)).toEqual([]);

      let downs = 0;
      for (const cutMs of count === 3 ? [9_000, 25_000] : [9_000]) {
        const cutAtMs = performance.now();
        await network.cutOff(last);
        const isSplit = (reports: ProcessReport[]) =>
          reports.every(({ list }, machine) => list.length === (machine === last ? 0 : last - 1));
        await machines.until(isSplit, "the death on both sides", NOTICED_MS_MAX);
        // Both sides work on, each with an owner of the name.
        const isOwned = (reports: ProcessReport[]) => reports.every(({ owners }) => owners.registry !== undefined);
        await machines.until(isOwned, "an owner on both sides", 5_000);
        await sleep(Math.max(0, cutAtMs + cutMs - performance.now()));
        await network.reconnect(last);
        const tookMs = await machines.until(isWhole, "the full mesh", WHOLE_AGAIN_MS_MAX);
        process.stderr.write(`${count} nodes, ${cutMs} ms cut: whole again after ${Math.round(tookMs)} ms\n`);
        downs += 1;
        await machines.until((reports) => ownersOf(reports, "registry").size === 1, "one owner", 5_000);
        const reports = await machines.reports();
        for (const { self, changes } of reports)
          for (const other of reports.filter((each) => each.self !== self)) {
            const isCut = [self, other.self].includes(nodes[last]?.self ?? "");
            const told = changes.filter(({ node, kind }) => node === other.self && kind === "down").length;
            expect(told, `${self} of ${other.self}`).toBe(isCut ? downs : 0);
          }
      }
    },
    TEST_MS_MAX,
  );

  test(
    "[HAZARD-3] [C-38] [C-41] two that lose each other keep the third, and the third keeps both; they find each other again",
    async () => {
      await using machines = await Machines.start(3);
      const { network } = machines;
      await machines.contend("registry");
      await network.cutApart(0, 1);
      const lists = (reports: ProcessReport[]) => reports.map(({ list }) => list.length).join();
      await machines.until((reports) => lists(reports) === "1,1,2", "the loss of each other", NOTICED_MS_MAX);
      const [, , third] = await machines.reports();
      expect(third?.changes.map(({ kind }) => kind)).toEqual(["up", "up"]);
      expect(third?.owners.registry).toBeDefined();
      await network.rejoin(0, 1);
      await machines.until((reports) => lists(reports) === "2,2,2", "the full mesh", WHOLE_AGAIN_MS_MAX);
      await machines.until((reports) => ownersOf(reports, "registry").size === 1, "one owner", 5_000);
    },
    TEST_MS_MAX,
  );

  test.each([0.05, 0.2])(
    "[HAZARD-2] with %f of all packets lost nobody is taken for dead, and calls get through",
    async (part) => {
      await using machines = await Machines.start(3);
      const atFirst = stories(await machines.reports());
      for (let machine = 0; machine < 3; machine += 1) await machines.network.loseOf(machine, part);
      const untilMs = performance.now() + 2 * silenceMs;
      while (performance.now() < untilMs)
        await Promise.all(machines.nodes.map((node) => node.order({ does: "call", count: 5 })));
      for (let machine = 0; machine < 3; machine += 1)
        expect(await machines.network.lostPackets(machine)).toBeGreaterThan(0);
      const reports = await machines.reports();
      expect(reports.flatMap(({ failedCalls }) => failedCalls)).toEqual([]);
      expect(stories(reports)).toEqual(atFirst);
    },
    TEST_MS_MAX,
  );
});
