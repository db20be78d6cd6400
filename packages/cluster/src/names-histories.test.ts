/** The real code of names, in a simulated network. A fault names the seed that shows it again. */
import { expect, test } from "vitest";
import { NamesHistory } from "./test-names-history.ts";
import { runHistories, type Scheduler } from "./test-scheduler.ts";

const NAMES = ["x", "y"];

/** From the last change of the network: a silence is noticed, sessions are made, and everybody has asked everybody. */
const SETTLED_MS = 25_000;

/** They take a second or two; on a machine with much else to do, many times that. */
const TEST_MS_MAX = 120_000;

const sizeOf = (seed: number) => [3, 2, 3, 4, 3, 5][seed % 6] ?? 3;

function act(history: NamesHistory, scheduler: Scheduler): void {
  if (history.lives.size === 0) return;
  const life = scheduler.pick([...history.lives.values()]);
  const name = scheduler.pick(NAMES);
  const address =
    life.open.size > 0 && scheduler.chance(0.5) ? scheduler.pick([...life.open.values()]) : history.openProcess(life);
  const quietly = (done: Promise<unknown>) => void done.catch((error: unknown) => life.refused.push(error));
  const acts: (() => void)[] = [
    () => quietly(life.names.register(name, address)),
    () => {
      life.contends.set(name, address);
      quietly(life.names.contend(name, address));
    },
    () => {
      life.contends.delete(name);
      quietly(life.names.unregister(name));
    },
    () => history.closeProcess(life, address),
  ];
  scheduler.pick(acts)();
}

function disturb(history: NamesHistory, scheduler: Scheduler): void {
  const [one, other] = [scheduler.pick(history.nodes), scheduler.pick(history.nodes)];
  const faults: (() => void)[] = [
    () => history.split(),
    () => one !== other && history.cut(one, other),
    () => one !== other && history.cut(one, other),
    () => history.heal(),
    () => history.kill(one),
    () => history.start(one),
    () => history.start(one),
  ];
  scheduler.pick(faults)();
}

async function runAnything(history: NamesHistory): Promise<void> {
  const { scheduler } = history;
  for (const node of history.nodes) history.start(node);
  await scheduler.run(scheduler.pick([0, 5_000]));
  for (let count = scheduler.between(5, 25); count > 0; count -= 1) {
    if (scheduler.chance(0.6)) act(history, scheduler);
    else disturb(history, scheduler);
    await scheduler.run(scheduler.pick([0, 1, 20, 200, 2_000]));
  }
}

test(
  "[C-35] [C-36] [C-38] [F.4-14] [SD-13] [SD-43] after any history every node sees the first claim of all it hears, and after it heals all agree",
  async () => {
    await runHistories(600, async (seed) => {
      const isSkewed = seed % 3 === 0;
      const history = new NamesHistory(seed, sizeOf(seed), { skewMs: isSkewed ? 3_000 : 0, overloaded: 0.05 });
      const { scheduler } = history;
      await runAnything(history);
      history.isCalm = true;
      await scheduler.run(SETTLED_MS);
      // The network may still be split, in part or in two: A may hear B, and B hear C, but not A hear C.
      expect(history.faultOfViews(NAMES)).toBeUndefined();

      const lives = [...history.lives.values()];
      const first = new Map(NAMES.map((name) => [name, history.firstOf(lives, name)]));
      const before = lives.map((life) => ({ life, claims: history.claimsOf(life), told: life.lost.length }));
      history.heal();
      await scheduler.run(SETTLED_MS);
      expect(history.faultOfViews(NAMES)).toBeUndefined();
      for (const { life, claims, told } of before) {
        expect(life.live.size).toBe(lives.length - 1);
        // A clock that is behind may grant a time before that of the first while not everybody has heard of it.
        for (const [name, claim] of first)
          if (claim !== undefined && !isSkewed) expect(life.names.whereis(name)).toEqual(claim.address);
        const left = history.claimsOf(life);
        const lost = [...claims.keys()].filter((name) => !left.has(name));
        const toldOf = new Set(life.lost.slice(told).map(({ name }) => name));
        expect([...toldOf]).toEqual(expect.arrayContaining(lost));
      }
    });
  },
  TEST_MS_MAX,
);

test(
  "[SD-14] [SD-26] without a fault exactly one of those who register a name at once gets it, at once known to all",
  async () => {
    await runHistories(150, async (seed) => {
      const history = new NamesHistory(seed, sizeOf(seed), { skewMs: 3_000, overloaded: 0 });
      history.isCalm = true;
      const { scheduler } = history;
      for (const node of history.nodes) history.start(node);
      await scheduler.run(5_000);
      for (const name of NAMES) {
        const lives = [...history.lives.values()];
        const answers: { isOwner: boolean; views: (string | undefined)[] }[] = [];
        for (const life of lives) {
          for (let each = scheduler.between(1, 3); each > 0; each -= 1)
            void life.names
              .register(name, history.openProcess(life))
              .then((isOwner) => answers.push({ isOwner, views: lives.map(({ names }) => names.whereis(name)?.node) }));
          await scheduler.run(scheduler.pick([0, 0, 10, 100]));
        }
        await scheduler.run(10_000);
        const won = answers.filter(({ isOwner }) => isOwner);
        expect(won).toHaveLength(1);
        expect(new Set(won[0]?.views).size).toBe(1);
        expect(history.faultOfViews(NAMES)).toBeUndefined();
        expect(lives.flatMap(({ lost }) => lost)).toEqual([]);
      }
    });
  },
  TEST_MS_MAX,
);

test(
  "[C-38] [SD-43] what one node cannot hear is not lost to those who can",
  async () => {
    await runHistories(100, async (seed) => {
      const history = new NamesHistory(seed, 3, { skewMs: 0, overloaded: 0 });
      history.isCalm = true;
      const { scheduler } = history;
      for (const node of history.nodes) history.start(node);
      await scheduler.run(5_000);
      const [owner, deaf, witness] = scheduler.shuffle([...history.lives.values()]);
      if (owner === undefined || deaf === undefined || witness === undefined) throw new RangeError("three are needed");
      const address = history.openProcess(owner);
      void owner.names.register("x", address);
      await scheduler.run(3_000);
      history.cut(owner.name, deaf.name);
      for (let waits = 0; waits < 100; waits += 1) {
        await scheduler.run(100);
        expect(witness.names.whereis("x")).toEqual(address);
      }
      expect(deaf.names.whereis("x")).toBeUndefined();
      history.heal();
      await scheduler.run(SETTLED_MS);
      expect(deaf.names.whereis("x")).toEqual(address);
    });
  },
  TEST_MS_MAX,
);
