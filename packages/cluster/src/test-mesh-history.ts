/** A cluster of real meshes in a simulated network, with what must hold of it whatever happens. */
import { Mesh } from "./mesh.ts";
import { MESH_TUNING } from "./mesh-options.ts";
import { parseNodeName } from "./node-name.ts";
import { SimulatedNetwork, type SimulatedProcess } from "./test-world.ts";

const KEYS = [{ id: "0123456789ab", key: Buffer.alloc(32) }];

interface Life {
  readonly name: string;
  readonly mesh: Mesh;
  readonly actor: SimulatedProcess;
  readonly told: { readonly kind: "up" | "down"; readonly peer: string; readonly reason: string }[];
  /** Why peers were refused. */
  readonly refused: string[];
  /** Numbers heard, by the life of who sent them. */
  readonly heard: Map<string, number[]>;
}

export class MeshHistory {
  readonly network: SimulatedNetwork;
  readonly names: readonly string[];
  readonly lives = new Map<string, Life>();
  readonly past: Life[] = [];
  /** Pairs between which anything was wrong; of those, the ones that could not hear each other though both ran. */
  readonly #disturbed = new Set<string>();
  #lastNumber = 0;

  constructor(seed: number, size: number) {
    this.network = new SimulatedNetwork(seed);
    this.names = ["a", "b", "c", "d", "e"].slice(0, size).map((name) => `${name}@${name}:1`);
  }

  get scheduler() {
    return this.network.scheduler;
  }

  anyName(): string {
    return this.scheduler.pick(this.names);
  }

  /** Each node knows the first and perhaps another, so that whoever starts finds the others. */
  async start(name: string, machine = machineOf(name)): Promise<Life> {
    const running = this.lives.get(name);
    if (running !== undefined && machine === machineOf(name)) return running;
    const seeds = [...new Set([this.names[0] ?? name, this.anyName()])].filter((seed) => seed !== name);
    const { world, actor } = this.network.boot(machine);
    const identity = { node: parseNodeName(name), keys: KEYS, version: "", compatibility: "" };
    const nodes = seeds.map((seed) => ({ kind: "node", node: parseNodeName(seed) }) as const);
    const mesh = await Mesh.listen({ ...MESH_TUNING, ...identity, seeds: nodes }, world);
    const life: Life = { name, mesh, actor, told: [], refused: [], heard: new Map() };
    mesh.start({
      onUp: (peer) => life.told.push({ kind: "up", peer: peer.name, reason: "" }),
      onDown: (peer, reason) => life.told.push({ kind: "down", peer: peer.name, reason }),
      onPacket: ({ incarnation }, _, body) =>
        life.heard.set(incarnation, [...(life.heard.get(incarnation) ?? []), Number(body.toString())]),
      onRefused: ({ reason }) => life.refused.push(reason),
    });
    if (machine === machineOf(name)) this.lives.set(name, life);
    this.past.push(life);
    return life;
  }

  end(name: string, how: "kill" | "vanish" | "leave"): void {
    const life = this.lives.get(name);
    if (life === undefined) return;
    this.#disturb(name);
    this.lives.delete(name);
    // Its process ends when it has taken leave.
    const ended = how === "leave" ? life.mesh.stop().then(() => "kill" as const) : Promise.resolve(how);
    void ended.then((kind) => this.network.end(life.actor, kind));
  }

  freeze(name: string, forMs: number): void {
    const life = this.lives.get(name);
    if (life === undefined) return;
    this.#disturb(name);
    life.actor.frozenUntilMs = Math.max(life.actor.frozenUntilMs, this.scheduler.nowMs + forMs);
  }

  split(): void {
    const kind = this.scheduler.pick(["cut", "silent"] as const);
    const sides = new Map(this.names.map((name) => [name, this.scheduler.chance(0.5)]));
    for (const one of this.names)
      for (const other of this.names) if (sides.get(one) !== sides.get(other)) this.#setRoute(one, other, kind);
  }

  /** One pair, or one direction of it: everybody else hears both. */
  breakRoute(): void {
    const [one, other] = this.#twoOf();
    const kind = this.scheduler.pick(["cut", "silent", "silent"] as const);
    this.#setRoute(one, other, kind);
    if (kind === "cut" || this.scheduler.chance(0.5)) this.#setRoute(other, one, kind);
  }

  connectBoth(): void {
    const [one, other] = this.#twoOf();
    for (const [from, to] of [[one, other] as const, [other, one] as const]) {
      const connected = this.lives.get(from)?.mesh.connect(parseNodeName(to));
      // It may be refused, or its process be gone.
      connected?.catch(() => undefined);
    }
  }

  /** Everybody tells all peers the next number. */
  send(): void {
    for (const { mesh } of this.lives.values()) {
      this.#lastNumber += 1;
      for (const { peer } of mesh.sessions) mesh.send(peer.name, 1, Buffer.from(String(this.#lastNumber)));
    }
  }

  /** The network heals, everyone thaws, and whoever is down starts. */
  async mend(): Promise<void> {
    this.network.heal();
    for (const name of this.names) await this.start(name);
    const frozenMs = [...this.lives.values()].map(({ actor }) => actor.frozenUntilMs - this.scheduler.nowMs);
    await this.scheduler.run(Math.max(0, ...frozenMs));
  }

  /** Why it is no whole mesh: of every pair one session, the same on both sides, and no other connection. */
  faultOfMesh(): string | undefined {
    let pairs = 0;
    for (const one of this.names) {
      for (const other of this.names.filter((name) => name > one)) {
        pairs += 1;
        const [from, to] = [this.lives.get(one)?.mesh, this.lives.get(other)?.mesh];
        const [there, back] = [from?.session(other)?.peer, to?.session(one)?.peer];
        if (there === undefined || there.incarnation !== to?.own.incarnation) return `${one} has no ${other}`;
        if (back?.incarnation !== from?.own.incarnation) return `${other} has no ${one}`;
      }
    }
    const sockets = this.network.openSockets();
    if (sockets.some(({ other }) => other === undefined || other.isClosed)) return "a connection is half-open";
    return sockets.length === 2 * pairs ? undefined : `${sockets.length / 2} connections for ${pairs} pairs`;
  }

  /** What is wrong with all that was told and heard until now, if anything is. */
  faultOfStory(): string | undefined {
    for (const { name, told, heard } of this.past) {
      for (const other of this.names) {
        const kinds = told.filter(({ peer }) => peer === other).map(({ kind }) => kind);
        const story = `${name} was told of ${other}: ${kinds.join()}`;
        if (kinds.some((kind, index) => kind !== (index % 2 === 0 ? "up" : "down"))) return story;
        // What is wrong elsewhere is nobody's death here.
        if (kinds.length > 1 && !this.#disturbed.has(pairOf(name, other))) return `${story}, and nothing was wrong`;
      }
      for (const numbers of heard.values())
        if (numbers.some((number, index) => number <= (numbers[index - 1] ?? 0)))
          return `${name} heard ${numbers.join()}`;
    }
    return this.#faultOfSilence();
  }

  /** No connection outlives the silence of its other end, but for the time in which its own process stood still. */
  #faultOfSilence(): string | undefined {
    const { silenceMs, heartbeatMs } = MESH_TUNING;
    for (const { from, to, heardAtMs, actor } of this.network.openSockets()) {
      const silentMs = this.scheduler.nowMs - Math.max(heardAtMs, actor.frozenUntilMs);
      if (silentMs > silenceMs + 3 * heartbeatMs) return `${from} keeps its connection to ${to} after ${silentMs} ms`;
    }
    return undefined;
  }

  #setRoute(one: string, other: string, kind: "cut" | "silent"): void {
    this.#disturbed.add(pairOf(one, other));
    this.network.setRoute(machineOf(one), machineOf(other), kind);
  }

  #disturb(name: string): void {
    for (const other of this.names) this.#disturbed.add(pairOf(name, other));
  }

  #twoOf(): [string, string] {
    const one = this.anyName();
    return [one, this.scheduler.pick(this.names.filter((name) => name !== one))];
  }
}

function machineOf(name: string): string {
  return name.split("@")[0] ?? "";
}

function pairOf(one: string, other: string): string {
  return [one, other].sort().join(" ");
}
