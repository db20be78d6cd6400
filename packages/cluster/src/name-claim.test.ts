/** Lives of one name and a simulated server between them. A fault names the seed that shows it again. */
import { expect, test } from "vitest";
import { PROTOCOL_VERSION } from "./hello.ts";
import { NameClaim } from "./name-claim.ts";
import { type Actor, runHistories, Scheduler } from "./test-scheduler.ts";

const TUNING = { heartbeatMs: 1_000, silenceMs: 6_000, handshakeMs: 3_000 };

/** One way between a life and the server. */
const LATENCY_MS_MAX = 700;

/** What is sent from one to another keeps its order, and takes any time. */
class Line {
  readonly #scheduler: Scheduler;
  #arrivesAtMs = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  send(run: () => void, to?: Actor): void {
    const scheduler = this.#scheduler;
    const latencyMs = scheduler.pick([0, 1, 20, LATENCY_MS_MAX]) * scheduler.random();
    this.#arrivesAtMs = Math.max(this.#arrivesAtMs, scheduler.nowMs + latencyMs);
    scheduler.after(this.#arrivesAtMs - scheduler.nowMs, run, to);
  }
}

/** Between two attempts to get back a name. */
const RETRY_HEARTBEATS = 5;

/** A life as `nats-wire.ts` has it, as far as its name goes: it listens, asks, and ends when it is refused at its start. */
class Life implements Actor {
  isGone = false;
  frozenUntilMs = 0;
  hasStarted = false;
  /** By peers, as it believes. */
  isKnown = false;
  /** After it had started. */
  wasRefused = false;
  /** How long, in all. */
  frozenMs = 0;
  readonly claim: NameClaim;
  readonly incarnation: string;
  readonly toServer: Line;
  readonly fromServer: Line;
  readonly #server: Server;
  #ticks = 0;
  #tickedAtMs = 0;

  constructor(server: Server, index: number, skewMs: number) {
    const { scheduler } = server;
    this.#server = server;
    this.incarnation = `life ${index}`;
    [this.toServer, this.fromServer] = [new Line(scheduler), new Line(scheduler)];
    const { incarnation } = this;
    const hello = {
      protocol: PROTOCOL_VERSION,
      name: "a@h:1",
      incarnation,
      startedAtMs: scheduler.nowMs + skewMs,
      to: "",
      version: "",
      compatibility: "",
    };
    this.claim = new NameClaim({
      ...TUNING,
      world: {
        nowMs: () => scheduler.nowMs,
        after: (waitMs, run) => scheduler.after(waitMs, run, this),
      } as ConstructorParameters<typeof NameClaim>[0]["world"],
      own: () => hello,
      realms: 1,
      isKnown: () => this.isKnown,
      clockMs: () => scheduler.nowMs + skewMs,
      ask: (_, id, standing) =>
        this.toServer.send(() => {
          const others = server.listening.filter((life) => life !== this);
          if (others.length === 0) this.fromServer.send(() => this.claim.hearNobody(id), this);
          for (const other of others)
            other.fromServer.send(() => {
              const answer = other.claim.hear({ hello, ...standing });
              if (answer === "ask") void other.claimName();
              if (answer !== "refuse") return;
              other.toServer.send(() => this.fromServer.send(() => this.hearRefusal(id), this));
            }, other);
        }),
    });
    this.toServer.send(() => server.listening.push(this));
    void this.claimName();
    this.#tickLater();
  }

  async claimName(): Promise<void> {
    const outcome = await this.claim.ask();
    if (this.isGone || outcome === "stopped") return;
    if (outcome === "has") {
      if (this.hasStarted) return;
      this.hasStarted = true;
      this.#server.onStarted(this);
    } else if (this.hasStarted || this.wasRefused) {
      this.hasStarted = false;
      this.wasRefused = true;
    } else this.end(this.#server);
  }

  hearRefusal(id: string): void {
    if (this.claim.hearRefusal(id, { reason: "name_in_use", detail: "" }) === "late") void this.claimName();
  }

  #tickLater(): void {
    this.#tickedAtMs = this.#server.scheduler.nowMs;
    this.#server.scheduler.after(TUNING.heartbeatMs, () => this.#tick(), this);
  }

  #tick(): void {
    const wasFrozen = this.#server.scheduler.nowMs - this.#tickedAtMs > TUNING.silenceMs;
    this.#ticks += 1;
    this.#tickLater();
    if (!this.hasStarted && !this.wasRefused) return;
    if (wasFrozen || (this.#ticks % RETRY_HEARTBEATS === 0 && !this.claim.isAsking && !this.claim.has))
      void this.claimName();
  }

  freeze(scheduler: Scheduler, forMs: number): void {
    this.frozenUntilMs = Math.max(this.frozenUntilMs, scheduler.nowMs + forMs);
    this.frozenMs += forMs;
  }

  /** As when its process ends: the server sees its connection closed. */
  end(server: Server): void {
    this.isGone = true;
    this.hasStarted = false;
    this.toServer.send(() => {
      server.listening = server.listening.filter((life) => life !== this);
    });
  }
}

class Server {
  readonly scheduler: Scheduler;
  readonly lives: Life[] = [];
  listening: Life[] = [];
  onStarted: (life: Life) => void = () => {};

  constructor(seed: number) {
    this.scheduler = new Scheduler(seed);
  }

  start(): Life {
    // Of several machines: their clocks do not agree.
    const life = new Life(this, this.lives.length, this.scheduler.between(-500, 500));
    this.lives.push(life);
    return life;
  }

  get started(): Life[] {
    return this.lives.filter(({ hasStarted }) => hasStarted);
  }
}

test("[HAZARD-11] of lives of one name that start at once exactly one gets it, whatever the delays, and freezes shorter than the silence", async () => {
  await runHistories(500, async (seed) => {
    const server = new Server(seed);
    const { scheduler } = server;
    const count = scheduler.between(2, 6);
    for (let index = 0; index < count; index += 1) {
      const life = server.start();
      await scheduler.run(scheduler.pick([0, 0, 0, 1, 30, 2_000]) * scheduler.random());
      if (scheduler.chance(0.5)) life.freeze(scheduler, scheduler.between(0, 2_500));
    }
    await scheduler.run(4 * TUNING.silenceMs);
    expect(server.started).toHaveLength(1);
    expect(server.lives.filter(({ isGone }) => !isGone)).toHaveLength(1);
  });
});

test("[HAZARD-11] two have a name only if the first was silent for as long as the dead are, and a later life gets it when the first is gone", async () => {
  await runHistories(500, async (seed) => {
    const server = new Server(seed);
    const { scheduler } = server;
    const disturbed: Life[] = [];
    server.onStarted = (started) => disturbed.push(...server.started.filter((other) => other !== started));
    for (let steps = scheduler.between(4, 14); steps > 0; steps -= 1) {
      const [life] = scheduler.shuffle(server.lives.filter(({ isGone }) => !isGone));
      if (life === undefined || scheduler.chance(0.4)) server.start();
      else if (scheduler.chance(0.7)) life.freeze(scheduler, scheduler.between(0, 20_000));
      else life.end(server);
      await scheduler.run(scheduler.pick([0, 5, 100, 3_000, 8_000]));
    }
    await scheduler.run(60_000);
    for (const { frozenMs } of disturbed) expect(frozenMs).toBeGreaterThan(TUNING.silenceMs / 2);
    for (const life of server.lives) if (!life.isGone) life.end(server);
    await scheduler.run(5_000);
    const last = server.start();
    await scheduler.run(5_000);
    expect(last.hasStarted).toBe(true);
  });
});

test("the word that nobody is there, read after a freeze, is asked for again", async () => {
  const server = new Server(1);
  const { scheduler } = server;
  const first = server.start();
  // Its question is on its way; the answer it will read when it thaws.
  first.freeze(scheduler, 20_000);
  await scheduler.run(5_000);
  const second = server.start();
  await scheduler.run(10_000);
  expect([first.hasStarted, second.hasStarted]).toEqual([false, true]);
  await scheduler.run(10_000);
  expect([first.hasStarted, second.hasStarted]).toEqual([false, true]);
  expect(first.isGone).toBe(true);
});

test("[HAZARD-11] who takes the name of a frozen life keeps it: the frozen one may refuse what was asked meanwhile, and gives way", async () => {
  await runHistories(500, async (seed) => {
    const server = new Server(seed);
    const { scheduler } = server;
    const first = server.start();
    first.isKnown = true;
    await scheduler.run(10_000);
    first.freeze(scheduler, scheduler.between(15_000, 40_000));
    await scheduler.run(scheduler.between(0, 5_000));
    const second = server.start();
    await scheduler.run(10_000);
    expect(second.hasStarted).toBe(true);
    // About the time when the first thaws the second may be slow, but is not silent for so long that it is dead.
    await scheduler.run(first.frozenUntilMs - scheduler.nowMs);
    if (scheduler.chance(0.5)) second.freeze(scheduler, scheduler.between(0, 2_500));
    await scheduler.run(60_000);
    expect([first.claim.has, second.claim.has]).toEqual([false, true]);
    expect(second.wasRefused).toBe(false);
    second.end(server);
    await scheduler.run(20_000);
    expect(first.claim.has).toBe(true);
  });
});
