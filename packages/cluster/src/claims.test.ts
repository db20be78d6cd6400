import fc from "fast-check";
import { expect, test } from "vitest";
import { type Claim, ClaimTable, encodeClaimSet, parseClaimSet } from "./claims.ts";

const NODES = ["a@h:1", "b@h:1", "c@h:1", "d@h:1"] as const;

const claimOf = (node: string, atMs: number, id = 1): Claim => ({ address: { node, incarnation: "1", id }, atMs });

/** Nodes and the messages between them that are on their way. What crosses a split is lost, and told as a death. */
class Simulation {
  readonly tables = new Map<string, ClaimTable>(NODES.map((node) => [node, new ClaimTable(node)]));
  readonly #onTheWay: { from: string; to: string; set: object }[] = [];
  #isCut = (_one: string, _other: string) => false;

  publish(from: string): void {
    const set = encodeClaimSet(this.table(from).own);
    for (const to of NODES) if (to !== from && !this.#isCut(from, to)) this.#onTheWay.push({ from, to, set });
  }

  /** Between two nodes nothing overtakes; between others everything may. */
  deliver(turn: number): void {
    const next = this.#onTheWay[turn % this.#onTheWay.length];
    if (next === undefined) return;
    const index = this.#onTheWay.findIndex(({ from, to }) => from === next.from && to === next.to);
    const [message] = this.#onTheWay.splice(index, 1);
    if (message === undefined) return;
    const lost = this.table(message.to).merge(message.from, parseClaimSet(message.from, message.set));
    if (lost.length > 0) this.publish(message.to);
  }

  deliverAll(): void {
    while (this.#onTheWay.length > 0) this.deliver(0);
  }

  split(left: readonly string[]): void {
    this.#isCut = (one, other) => left.includes(one) !== left.includes(other);
    for (const one of NODES) for (const other of NODES) if (this.#isCut(one, other)) this.table(one).drop(other);
    const kept = this.#onTheWay.filter(({ from, to }) => !this.#isCut(from, to));
    this.#onTheWay.splice(0, Infinity, ...kept);
  }

  heal(): void {
    this.#isCut = () => false;
    for (const node of NODES) this.publish(node);
  }

  table(node: string): ClaimTable {
    return this.tables.get(node) ?? new ClaimTable(node);
  }
}

const node = fc.constantFrom(...NODES);
const name = fc.constantFrom("x", "y");
const step = fc.oneof(
  fc.record({ does: fc.constant("register" as const), node, name, skewMs: fc.integer({ min: -50, max: 50 }) }),
  fc.record({ does: fc.constant("release" as const), node, name }),
  fc.record({ does: fc.constant("deliver" as const), turn: fc.nat(100) }),
  fc.record({ does: fc.constant("split" as const), left: fc.subarray([...NODES]) }),
  fc.record({ does: fc.constant("heal" as const) }),
);

test("[C-35] [C-36] [F.4-8] [F.4-14] after any history of registrations, splits and skewed clocks all agree on every owner", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (history) => {
      const cluster = new Simulation();
      history.forEach((event, nowMs) => {
        if (event.does === "deliver") cluster.deliver(event.turn);
        else if (event.does === "split") cluster.split(event.left);
        else if (event.does === "heal") cluster.heal();
        else {
          const table = cluster.table(event.node);
          if (event.does === "release") table.release(event.name);
          else if (table.owner(event.name) === undefined)
            table.claim(event.name, claimOf(event.node, nowMs + event.skewMs, nowMs));
          cluster.publish(event.node);
        }
      });
      cluster.heal();
      cluster.deliverAll();

      const views = NODES.map((each) => cluster.table(each).owners());
      for (const view of views) expect(view).toEqual(views[0]);
      // Who lost a name no longer claims it.
      for (const each of NODES)
        for (const [claimed, claim] of cluster.table(each).own.claims) expect(views[0]?.get(claimed)).toEqual(claim);
    }),
    { numRuns: 2_000 },
  );
});

test("[C-38] the loss of a node as one sees it takes nobody else's names, and nobody else's view", () => {
  const [a, b] = [new ClaimTable("a@h:1"), new ClaimTable("b@h:1")];
  a.claim("x", claimOf("a@h:1", 1));
  b.merge("a@h:1", a.own);
  b.claim("y", claimOf("b@h:1", 2));
  b.drop("a@h:1");
  expect(b.owner("x")).toBeUndefined();
  expect(b.owner("y")).toEqual(claimOf("b@h:1", 2));
  expect(a.owner("x")).toEqual(claimOf("a@h:1", 1));
});

test("a set that comes late does not undo a newer one", () => {
  const [a, b] = [new ClaimTable("a@h:1"), new ClaimTable("b@h:1")];
  a.claim("x", claimOf("a@h:1", 1));
  const early = a.own;
  a.release("x");
  b.merge("a@h:1", a.own);
  b.merge("a@h:1", early);
  expect(b.owner("x")).toBeUndefined();
});

test("[C-37] a node publishes nothing but its own processes", () => {
  const foreign = { version: 1, claims: [{ name: "x", address: { node: "b@h:1", incarnation: "1", id: 1 }, atMs: 1 }] };
  expect(() => parseClaimSet("a@h:1", foreign)).toThrow(TypeError);
  expect(() => parseClaimSet("b@h:1", foreign)).not.toThrow();
  for (const bad of [{}, { version: 1 }, { version: 1, claims: [null] }, { version: 1, claims: [{ name: "" }] }])
    expect(() => parseClaimSet("b@h:1", bad)).toThrow(TypeError);
});
