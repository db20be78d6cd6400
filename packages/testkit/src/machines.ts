/** Machines with a disk and a network of their own, each of which runs a node, on one database. */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { ApiCluster } from "@mesher/protocol";
import { createDataDir, type DataDir } from "./data-dir.ts";
import { Namespaces } from "./namespaces.ts";
import { TEST_COOKIE } from "./server-cluster.ts";
import { ServerProcess } from "./server-process.ts";

const run = promisify(execFile);

/** Of every machine's node. */
export const MACHINE_HTTP_PORT = 8080;
const NODE_PORT = 9100;

/** Of this process, on the network of the machines. */
const OWN_ADDRESS = "10.213.7.250";
const OWN_DEVICE = "mesher-tests";

export interface Machine {
  readonly index: number;
  readonly name: string;
  readonly address: string;
  dataDir: DataDir;
  node: ServerProcess;
}

export class Machines implements AsyncDisposable {
  readonly all: Machine[] = [];
  readonly #databaseUrl: string;
  readonly #namespaces: Namespaces;
  readonly #disks: DataDir[] = [];

  static async start(count: number, databaseUrl: string): Promise<Machines> {
    const namespaces = await Namespaces.make(count);
    const machines = new Machines(databaseUrl, namespaces);
    try {
      await machines.#joinNetwork();
      for (let index = 0; index < count; index += 1) {
        const address = namespaces.address(index);
        const dataDir = await machines.#newDisk();
        const machine = { index, name: `mesher${index + 1}@${address}:${NODE_PORT}`, address, dataDir };
        machines.all.push({ ...machine, node: await machines.#boot(machine) });
      }
      return machines;
    } catch (error) {
      await machines[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(databaseUrl: string, namespaces: Namespaces) {
    this.#databaseUrl = databaseUrl;
    this.#namespaces = namespaces;
  }

  /** Starts the node of a machine whose node has ended, with its disk or with a new one. */
  async boot(machine: Machine, { newDisk = false } = {}): Promise<void> {
    if (newDisk) machine.dataDir = await this.#newDisk();
    machine.node = await this.#boot(machine);
  }

  /** What the machine sends and is sent is lost. Its disk and the database stay in reach. */
  async cutOff({ index }: Machine): Promise<void> {
    await this.#namespaces.cutOff(index);
  }

  async reconnect({ index }: Machine): Promise<void> {
    await this.#namespaces.reconnect(index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map(({ node }) => node[Symbol.asyncDispose]()));
    await this.#namespaces[Symbol.asyncDispose]();
    await Promise.all(this.#disks.map((disk) => disk[Symbol.asyncDispose]()));
  }

  async #newDisk(): Promise<DataDir> {
    const disk = await createDataDir("mesher-machine-");
    this.#disks.push(disk);
    return disk;
  }

  #boot({ index, name, address, dataDir }: Omit<Machine, "node">): Promise<ServerProcess> {
    const peers = this.all.flatMap((other) => (other.name === name ? [] : [other.name]));
    return ServerProcess.start({
      databaseUrl: this.#databaseUrl,
      dataDir: dataDir.path,
      port: MACHINE_HTTP_PORT,
      command: this.#namespaces.commandOn(index),
      env: {
        MESHER_HTTP_HOST: "0.0.0.0",
        MESHER_PUBLIC_URL: `http://${address}:${MACHINE_HTTP_PORT}`,
        MESHER_NODE_NAME: name,
        MESHER_COOKIE: TEST_COOKIE,
        MESHER_PEERS: peers.join(","),
        MESHER_RATE_LIMIT_MAX_EVENTS: "100000000",
      },
    });
  }

  /** This process gets an address among the machines. It goes with the namespaces. */
  async #joinNetwork(): Promise<void> {
    const { hub } = this.#namespaces;
    await run("ip", ["link", "add", OWN_DEVICE, "type", "veth", "peer", "name", "own", "netns", hub]);
    await run("ip", ["netns", "exec", hub, "ip", "link", "set", "own", "master", "bridge", "up"]);
    await run("ip", ["address", "add", `${OWN_ADDRESS}/24`, "dev", OWN_DEVICE]);
    await run("ip", ["link", "set", OWN_DEVICE, "up"]);
  }
}

/** Waits until all nodes see each other, agree on the leader and all names, and have complete copies; milliseconds it took. */
export async function settled({ all }: Machines, msMax: number): Promise<number> {
  const startedMs = performance.now();
  let views: (ApiCluster | undefined)[] = [];
  while (performance.now() - startedMs < msMax) {
    views = await Promise.all(all.map(viewOf));
    const isSettled = views.every((view) => {
      if (view === undefined || view.leader === null || view.leader !== views[0]?.leader) return false;
      const alive = view.nodes.filter(({ status }) => status === "alive").length;
      const agrees = namesOf(view) === namesOf(views[0]);
      return alive === all.length && agrees && view.replication.state === "complete";
    });
    if (isSettled) return Math.round(performance.now() - startedMs);
    await sleep(100);
  }
  throw new Error(`the nodes did not agree within ${msMax} ms: ${JSON.stringify(views, undefined, 1)}`);
}

function namesOf(view: ApiCluster | undefined): string {
  return (view?.names ?? [])
    .map(({ name, node }) => `${name} ${node}`)
    .toSorted()
    .join(", ");
}

/** The cluster as a machine's node sees it; `undefined` if it does not answer. */
export async function viewOf({ node }: Machine): Promise<ApiCluster | undefined> {
  try {
    const response = await fetch(`${node.url}/api/v1/cluster`, {
      headers: { authorization: `Bearer ${node.token}` },
      signal: AbortSignal.timeout(2_000),
    });
    return response.ok ? ((await response.json()) as ApiCluster) : undefined;
  } catch {
    return undefined;
  }
}
