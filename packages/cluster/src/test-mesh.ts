/** Meshes in this process, for tests: on free loopback ports, quick to notice, with everything they told. */
import { EventEmitter, once } from "node:events";
import { deriveKeys } from "./cookie.ts";
import { Mesh } from "./mesh.ts";
import type { MeshOptions } from "./mesh-options.ts";
import { parseNodeName } from "./node-name.ts";
import { parsePeers } from "./peers.ts";

export const TEST_COOKIE = "a cookie for tests only";

/** Deriving a key takes a tenth of a second, so each is derived once. */
const keys = new Map<string, ReturnType<typeof deriveKeys>>();

export interface TestMeshOptions extends Partial<Omit<MeshOptions, "node" | "keys" | "seeds">> {
  readonly cookies?: readonly string[];
  /** As `MESHER_PEERS`. */
  readonly peers?: string;
}

export class TestMesh implements AsyncDisposable {
  readonly mesh: Mesh;
  /** `up NAME`, `down NAME REASON`, `left NAME`, `packet NAME COMMAND TEXT`, `refused REASON`, in the order they came. */
  readonly told: string[] = [];
  readonly #changes = new EventEmitter();

  /** Listens, and joins. */
  static async start(name: string, options: TestMeshOptions = {}): Promise<TestMesh> {
    const test = await TestMesh.listen(name, options);
    test.join();
    return test;
  }

  static async listen(name: string, { cookies = [TEST_COOKIE], peers = "", ...options }: TestMeshOptions = {}) {
    const node = parseNodeName(name.includes("@") ? name : `${name}@127.0.0.1:0`);
    const derived = await Promise.all(cookies.map(keysOf));
    const tuning = { heartbeatMs: 100, silenceMs: 1_500, handshakeMs: 1_000, frameBytesMax: 1e6, queueBytesMax: 4e6 };
    const identity = { node, keys: derived.flat(), seeds: parsePeers(peers), version: "test", compatibility: "" };
    return new TestMesh(await Mesh.listen({ ...tuning, ...identity, ...options }));
  }

  private constructor(mesh: Mesh) {
    this.mesh = mesh;
  }

  get name(): string {
    return this.mesh.node.full;
  }

  get peers(): string[] {
    return this.mesh.sessions.map(({ peer }) => peer.name).sort();
  }

  join(): void {
    this.mesh.start({
      onUp: ({ name }) => this.#tell(`up ${name}`),
      onDown: ({ name }, reason, hasLeft) => this.#tell(hasLeft ? `left ${name}` : `down ${name} ${reason}`),
      onPacket: ({ name }, command, body) => this.#tell(`packet ${name} ${command} ${body.toString("latin1", 0, 100)}`),
      onRefused: ({ reason }) => this.#tell(`refused ${reason}`),
    });
  }

  /** Resolves when it has told what begins with `text`, from the `from`th thing it told on. */
  async hears(text: string, waitMs = 60_000, from = 0): Promise<string> {
    await this.until(() => this.told.slice(from).some((line) => line.startsWith(text)), `"${text}"`, waitMs);
    return this.told.slice(from).find((line) => line.startsWith(text)) ?? "";
  }

  async isConnectedTo(...others: readonly TestMesh[]): Promise<void> {
    const names = others.map(({ name }) => name).sort();
    await this.until(() => names.join() === this.peers.join(), `sessions with ${names.join(", ")}`);
  }

  async until(isSo: () => boolean, what: string, waitMs = 60_000): Promise<void> {
    const signal = AbortSignal.timeout(waitMs);
    while (!isSo()) {
      await once(this.#changes, "change", { signal }).catch((cause: unknown) => {
        throw new Error(`${this.name} waited for ${what} and heard ${JSON.stringify(this.told)}`, { cause });
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mesh.stop();
  }

  #tell(line: string): void {
    this.told.push(line);
    this.#changes.emit("change");
  }
}

async function keysOf(cookie: string): ReturnType<typeof deriveKeys> {
  const known = keys.get(cookie) ?? deriveKeys([cookie]);
  keys.set(cookie, known);
  return known;
}
