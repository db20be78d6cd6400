/**
 * Which of several lives of one name has it, where a NATS server stands between them.
 *
 * The server is what all of them agree by. A life listens to its name before it asks for it, and the server tells who asks
 * if nobody else listens there. So of two that ask, at least one finds the other, whatever delays there are: they cannot
 * both be told that nobody is there.
 *
 * - A new life has the name as soon as the server says that nobody else listens; not before. Whoever else listens refuses it,
 *   gives way to it, or is dead: asked again and again for `silenceMs`, as a peer is that a session is closed with.
 * - Who has the name refuses every new life. Of new lives that ask at once, the one that began earlier refuses the others.
 * - Who has lived by the name and was away, with the server or frozen, asks again, and waits for a heartbeat only, since its
 *   sessions go on meanwhile. If two have lived by it, the one that succeeded to it keeps it: the other was silent for so long that
 *   it was dead to everybody, however alive it believes itself to be when it thaws. Else the one that peers know does, else the
 *   one that began earlier.
 */
import { AwakeClock } from "./awake-clock.ts";
import type { Hello, Refusal } from "./hello.ts";
import type { MeshTuning } from "./mesh-options.ts";
import { createLinkId } from "./nats-seal.ts";
import type { World } from "./world.ts";

/** How often a heartbeat's time is asked while nothing decides: who gives way is gone one question later. */
const ASKS_PER_HEARTBEAT = 10;

/**
 * The word that nobody listens counts for this share of the silence from the question on. A life that read it later, having been
 * frozen, may have been taken for dead by another that has the name now.
 */
const WORD_SHARE = 1 / 2;

/** A life of the same name that asks for it. */
export interface Namesake extends Standing {
  readonly hello: Hello;
}

/** What a life may say of itself when it asks for the name. */
export interface Standing {
  /** By the name, since it began or was refused. */
  readonly hasLived: boolean;
  /** When it took the name of one that listened and was silent, by its own clock (milliseconds since 1970). */
  readonly succeededAtMs: number | undefined;
}

export interface NameClaimOptions extends Pick<MeshTuning, "heartbeatMs" | "silenceMs" | "handshakeMs"> {
  readonly world: World;
  readonly own: () => Hello;
  /** In how many realms the name is asked for; it takes all of them. */
  readonly realms: number;
  /** Asks in one realm. Who hears it answers with the id; so does the server if there is nobody. */
  readonly ask: (realm: number, id: string, standing: Standing) => void;
  /** Whether there are peers that have a session with this life. */
  readonly isKnown: () => boolean;
  /** Milliseconds since 1970, to compare with those of other machines. */
  readonly clockMs: () => number;
}

/** `stopped`: it came to nothing; it has to be asked again. */
export type ClaimOutcome = "has" | "stopped" | Refusal;

interface Question {
  readonly realm: number;
  readonly askedAtMs: number;
}

/** What has been asked for since the name was asked for last; kept, for what is answered too late. */
interface Asking {
  readonly questions: Map<string, Question>;
  /** By realm: when the question was asked to which nobody was there. */
  readonly emptyAtMs: Map<number, number>;
  clock: AwakeClock;
  readonly end: (outcome: ClaimOutcome) => void;
  isOver: boolean;
  cancelTick: () => void;
}

export class NameClaim {
  readonly #options: NameClaimOptions;
  #asking: Asking | undefined;
  #has = false;
  #hasLived = false;
  #succeededAtMs: number | undefined;

  constructor(options: NameClaimOptions) {
    this.#options = options;
  }

  /** False while it is asked for. */
  get has(): boolean {
    return this.#has;
  }

  get isAsking(): boolean {
    return this.#asking?.isOver === false;
  }

  /** Asks for the name, from the beginning. This life must listen to it already. */
  ask(): Promise<ClaimOutcome> {
    this.#stop();
    const nowMs = this.#options.world.nowMs();
    return new Promise((resolve) => {
      this.#asking = {
        questions: new Map(),
        emptyAtMs: new Map(),
        clock: this.#clock(nowMs),
        end: resolve,
        isOver: false,
        cancelTick: () => {},
      };
      this.#askAll(this.#asking);
    });
  }

  /** The server is away: what it said of the name is no longer true. */
  stop(): void {
    // From here on the silence is its own.
    this.#succeededAtMs = undefined;
    this.#stop();
  }

  #stop(): void {
    this.#has = false;
    if (this.#asking !== undefined) this.#end(this.#asking, "stopped");
  }

  /** `refuse`: the namesake has to be told. `ask`: it may be first, and this life has to ask again. */
  hear(namesake: Namesake): "refuse" | "ask" | undefined {
    if (this.#goesBefore(namesake)) return "refuse";
    return this.#has ? "ask" : undefined;
  }

  #goesBefore({ hello, hasLived, succeededAtMs }: Namesake): boolean {
    if (this.#succeededAtMs !== succeededAtMs) return (this.#succeededAtMs ?? 0) > (succeededAtMs ?? 0);
    const isKnown = this.#has && this.#options.isKnown();
    const own = isKnown ? RANK.known : this.#hasLived ? RANK.lived : RANK.new;
    const other = hasLived ? RANK.lived : RANK.new;
    return own === other ? isEarlier(this.#options.own(), hello) : own < other;
  }

  /** Undefined: it answers no question of this claim. `late`: the name was taken meanwhile, and has to be asked for again. */
  hearRefusal(id: string, refusal: Refusal): "settled" | "late" | undefined {
    const asking = this.#asking;
    if (asking?.questions.has(id) !== true) return undefined;
    if (asking.isOver) return this.#has ? "late" : "settled";
    this.#hasLived = false;
    this.#succeededAtMs = undefined;
    this.#end(asking, refusal);
    return "settled";
  }

  /** The server says that nobody else listened when that was asked. */
  hearNobody(id: string): void {
    const asking = this.#asking;
    const question = asking?.questions.get(id);
    if (asking === undefined || question === undefined || asking.isOver) return;
    const { realm, askedAtMs } = question;
    asking.emptyAtMs.set(realm, Math.max(askedAtMs, asking.emptyAtMs.get(realm) ?? 0));
    const { silenceMs, realms, world } = this.#options;
    const oldestMs = world.nowMs() - silenceMs * WORD_SHARE;
    const fresh = [...asking.emptyAtMs.values()].filter((atMs) => atMs >= oldestMs);
    if (fresh.length === realms) this.#take(asking);
  }

  #askAll(asking: Asking): void {
    const { heartbeatMs, silenceMs, handshakeMs, realms, ask, world } = this.#options;
    const nowMs = world.nowMs();
    // Frozen for as long, it may have been taken for dead while it waited, and does not know of its successor.
    if (asking.clock.sinceTickMs(nowMs) > silenceMs * WORD_SHARE) asking.clock = this.#clock(nowMs);
    asking.clock.tick(nowMs);
    const waitMs = this.#hasLived ? Math.min(heartbeatMs, handshakeMs / 2) : silenceMs;
    if (asking.clock.readMs(nowMs) >= waitMs) {
      if (!this.#hasLived) this.#succeededAtMs = this.#options.clockMs();
      return this.#take(asking);
    }
    asking.cancelTick = world.after(heartbeatMs / ASKS_PER_HEARTBEAT, () => this.#askAll(asking));
    for (let realm = 0; realm < realms; realm += 1) {
      const id = createLinkId();
      asking.questions.set(id, { realm, askedAtMs: nowMs });
      ask(realm, id, { hasLived: this.#hasLived, succeededAtMs: this.#succeededAtMs });
    }
  }

  #clock(nowMs: number): AwakeClock {
    return new AwakeClock(this.#options.heartbeatMs / ASKS_PER_HEARTBEAT, nowMs);
  }

  #take(asking: Asking): void {
    this.#has = true;
    this.#hasLived = true;
    this.#end(asking, "has");
  }

  #end(asking: Asking, outcome: ClaimOutcome): void {
    asking.cancelTick();
    asking.isOver = true;
    asking.end(outcome);
  }
}

/** Who goes before whom; of the same rank, who began earlier. */
const RANK = { known: 0, lived: 1, new: 2 } as const;

/** Which of two lives of one name began earlier; at one moment, any order that both see. */
function isEarlier(one: Hello, other: Hello): boolean {
  return one.startedAtMs === other.startedAtMs
    ? one.incarnation < other.incarnation
    : one.startedAtMs < other.startedAtMs;
}
