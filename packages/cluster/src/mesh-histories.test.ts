/** The real code of sessions and dialling, in a simulated network. A fault names the seed that shows it again. */
import { expect, test } from "vitest";
import { MESH_TUNING } from "./mesh-options.ts";
import { MeshHistory } from "./test-mesh-history.ts";
import { runHistories } from "./test-scheduler.ts";

/** A death may first have to be noticed; then the longest wait and a handshake are due. */
const NOTICED_MS = MESH_TUNING.silenceMs + MESH_TUNING.heartbeatMs;
const WHOLE_AGAIN_MS = 10_000 + 2 * MESH_TUNING.handshakeMs;

/** They take a second or two; on a machine with much else to do, many times that. */
const TEST_MS_MAX = 120_000;

const sizeOf = (seed: number) => [3, 2, 3, 4, 3, 5][seed % 6] ?? 3;

test(
  "[F.4-13] [C-31] [FT-02] [SD-56] however nodes dial each other at once, each pair has one session and nobody hears of a death",
  async () => {
    await runHistories(200, async (seed) => {
      const history = new MeshHistory(seed, sizeOf(seed));
      const { scheduler, names } = history;
      for (const name of names) {
        await history.start(name);
        await scheduler.run(scheduler.pick([0, 0, 5, 30, 500]));
      }
      for (let dials = 10; dials > 0; dials -= 1) {
        history.connectBoth();
        await scheduler.run(scheduler.pick([0, 1, 10, 40]));
      }
      await scheduler.run(3_000);
      expect(history.faultOfMesh()).toBeUndefined();
      expect(history.faultOfStory()).toBeUndefined();
      for (const { told } of history.past) expect(told).toHaveLength(names.length - 1);
    });
  },
  TEST_MS_MAX,
);

test(
  "[F.4-14] [C-27] [C-41] [HAZARD-2] [HAZARD-3] [MSG-07] [SD-56] after any history of splits, deaths and freezes the mesh is whole again in time, and nobody was told wrong",
  async () => {
    await runHistories(200, async (seed) => {
      const history = new MeshHistory(seed, sizeOf(seed));
      const { scheduler, network, names } = history;
      for (const name of names) {
        if (scheduler.chance(0.8)) await history.start(name);
        await scheduler.run(scheduler.pick([0, 0, 10, 500]));
      }
      const steps: (() => unknown)[] = [
        () => history.split(),
        () => history.breakRoute(),
        () => history.breakRoute(),
        () => network.heal(),
        () => history.end(history.anyName(), scheduler.pick(["kill", "vanish", "leave"] as const)),
        () => history.start(history.anyName()),
        () => history.freeze(history.anyName(), scheduler.between(100, 15_000)),
        () => history.connectBoth(),
        () => history.send(),
        () => history.send(),
      ];
      for (let count = scheduler.between(4, 14); count > 0; count -= 1) {
        await scheduler.pick(steps)();
        await scheduler.run(scheduler.pick([0, 5, 50, 500, 3_000, 8_000]));
        expect(history.faultOfStory()).toBeUndefined();
      }
      await history.mend();
      await scheduler.run(NOTICED_MS);
      const untilMs = scheduler.nowMs + WHOLE_AGAIN_MS;
      while (history.faultOfMesh() !== undefined && scheduler.nowMs < untilMs) await scheduler.run(250);
      expect(history.faultOfMesh()).toBeUndefined();

      // And it stays so.
      const told = () => history.past.flatMap((life) => life.told);
      const before = told().length;
      history.send();
      await scheduler.run(2 * MESH_TUNING.silenceMs);
      expect(history.faultOfMesh()).toBeUndefined();
      expect(told()).toHaveLength(before);
      expect(history.faultOfStory()).toBeUndefined();
    });
  },
  TEST_MS_MAX,
);

test(
  "[C-26] [SD-51] a node that lost its power and starts anew is let in at once, although nobody had missed it",
  async () => {
    await runHistories(100, async (seed) => {
      const history = new MeshHistory(seed, 3);
      const { scheduler, names } = history;
      for (const name of names) await history.start(name);
      await scheduler.run(5_000);
      // One that has seeds: it is it that calls.
      const name = scheduler.pick(names.slice(1));
      history.end(name, "vanish");
      await scheduler.run(scheduler.between(0, 300));
      await history.start(name);
      await scheduler.run(4_000);
      expect(history.faultOfMesh()).toBeUndefined();
      for (const life of history.lives.values()) {
        if (life.name === name) continue;
        expect(life.told.filter(({ peer }) => peer === name).map(({ kind }) => kind)).toEqual(["up", "down", "up"]);
      }
    });
  },
  TEST_MS_MAX,
);

test(
  "[SD-33] [HAZARD-22] a second node of a name is let in nowhere while the first lives, nobody notices, and it takes over when the first is gone",
  async () => {
    await runHistories(100, async (seed) => {
      const history = new MeshHistory(seed, 3);
      const { scheduler, names } = history;
      for (const name of names) await history.start(name);
      await scheduler.run(5_000);
      const name = scheduler.pick(names.slice(1));
      const second = await history.start(name, "elsewhere");
      await scheduler.run(20_000);
      expect(second.told).toEqual([]);
      expect(second.refused).toContain("name_in_use");
      // Its next attempt may be under way.
      for (let waits = 0; waits < 10 && history.faultOfMesh() !== undefined; waits += 1) await scheduler.run(100);
      expect(history.faultOfMesh()).toBeUndefined();
      expect(history.faultOfStory()).toBeUndefined();

      history.end(name, "kill");
      await scheduler.run(12_000);
      expect(second.told.map(({ kind }) => kind)).toEqual(["up", "up"]);
    });
  },
  TEST_MS_MAX,
);

test(
  "[HAZARD-13] a thawed node takes nobody for silent, and a killed one is missed at once",
  async () => {
    await runHistories(100, async (seed) => {
      const history = new MeshHistory(seed, 3);
      const { scheduler, names } = history;
      for (const name of names) await history.start(name);
      await scheduler.run(5_000);
      const name = history.anyName();
      history.freeze(name, scheduler.between(100, 60_000));
      await history.mend();
      const thawed = history.lives.get(name);
      expect(thawed?.told.filter(({ reason }) => reason.startsWith("silent"))).toEqual([]);
      await scheduler.run(WHOLE_AGAIN_MS);
      expect(history.faultOfMesh()).toBeUndefined();

      history.end(name, "kill");
      await scheduler.run(100);
      for (const life of history.lives.values()) expect(life.told.at(-1)).toMatchObject({ kind: "down", peer: name });
    });
  },
  TEST_MS_MAX,
);
