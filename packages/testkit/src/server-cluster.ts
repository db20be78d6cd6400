/** Several servers on one machine that are a cluster: one database, one cookie, ports of their own. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiCluster } from "@mesher/protocol";
import { createDataDir, type DataDir } from "./data-dir.ts";
import { testDatabase } from "./database.ts";
import { ServerProcess } from "./server-process.ts";

export const TEST_COOKIE = "a cookie that all nodes of the test know";

const FORMED_MS_MAX = 120_000;

export interface ServerClusterOptions {
  readonly databaseUrl: string;
  /** A NATS server: then nobody is told of a peer. Default: connections between the nodes. */
  readonly transport?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class ServerCluster implements AsyncDisposable {
  readonly nodes: ServerProcess[] = [];
  /** By position in `nodes`: `mesher1@127.0.0.1:<port>`. */
  readonly names: string[] = [];
  readonly #dataDirs: DataDir[] = [];
  readonly #options: ServerClusterOptions;

  private constructor(options: ServerClusterOptions) {
    this.#options = options;
  }

  /** Resolves when all know each other. */
  static async start(count: number, options: ServerClusterOptions): Promise<ServerCluster> {
    const cluster = new ServerCluster(options);
    try {
      // The first alone, because only it knows the port that the others have to look for.
      if (count > 0) await cluster.add();
      await Promise.all(Array.from({ length: count - 1 }, (_, index) => cluster.#add(index + 1, {})));
      await cluster.formed();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts one more node, which knows the first. */
  add(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    return this.#add(this.nodes.length, env);
  }

  async #add(index: number, env: Readonly<Record<string, string>>): Promise<ServerProcess> {
    const name = `mesher${index + 1}@127.0.0.1:0`;
    const dataDir = await createDataDir();
    this.#dataDirs.push(dataDir);
    const server = await this.#startNode(name, dataDir.path, env);
    this.nodes[index] = server;
    this.names[index] = (await server.get<ApiCluster>("/api/v1/cluster")).self;
    return server;
  }

  /** Starts a node that was stopped or killed anew, on the same ports, with the same data or with an empty disk. */
  async restart(index: number, { emptyDisk = false } = {}): Promise<ServerProcess> {
    const before = this.nodes[index];
    const name = this.names[index];
    if (before === undefined || name === undefined) throw new RangeError(`there is no node ${index}`);
    let dataDir = before.dataDir;
    if (emptyDisk) {
      const made = await createDataDir();
      this.#dataDirs.push(made);
      dataDir = made.path;
    }
    const server = await this.#startNode(name, dataDir, {}, portOf(before));
    this.nodes[index] = server;
    return server;
  }

  /** Waits until every node that runs sees all that run, and none else. */
  async formed(msMax = FORMED_MS_MAX): Promise<void> {
    const running = this.nodes.flatMap((server, index) =>
      server.isRunning ? [{ server, name: this.names[index] ?? "" }] : [],
    );
    const wanted = running
      .map(({ name }) => name)
      .sort()
      .join(" ");
    const deadline = Date.now() + msMax;
    for (;;) {
      const views = await Promise.all(running.map(({ server }) => aliveNodes(server)));
      if (views.every((view) => view === wanted)) return;
      if (Date.now() > deadline) throw new Error(`no full mesh of ${wanted} within ${msMax} ms: ${views.join(" | ")}`);
      await sleep(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((server) => server[Symbol.asyncDispose]()));
    await Promise.all(this.#dataDirs.map((dataDir) => dataDir[Symbol.asyncDispose]()));
  }

  #startNode(name: string, dataDir: string, env: Readonly<Record<string, string>>, port = 0): Promise<ServerProcess> {
    const { databaseUrl, transport } = this.#options;
    return ServerProcess.start({
      databaseUrl,
      dataDir,
      port,
      env: {
        MESHER_NODE_NAME: name,
        MESHER_COOKIE: TEST_COOKIE,
        ...(transport === undefined
          ? { MESHER_PEERS: this.names.filter((peer) => peer !== name).join(",") }
          : { MESHER_TRANSPORT: transport }),
        ...this.#options.env,
        ...env,
      },
    });
  }
}

/** A cluster with a database of its own. */
export async function testServerCluster(
  count: number,
  env: Readonly<Record<string, string>> = {},
): Promise<
  {
    readonly cluster: ServerCluster;
    readonly database: Awaited<ReturnType<typeof testDatabase>>["database"];
  } & AsyncDisposable
> {
  await using started = new AsyncDisposableStack();
  const { database, url } = started.use(await testDatabase());
  const cluster = started.use(await ServerCluster.start(count, { databaseUrl: url, env }));
  const everything = started.move();
  return { cluster, database, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

async function aliveNodes(server: ServerProcess): Promise<string> {
  const { nodes } = await server.get<ApiCluster>("/api/v1/cluster");
  return nodes
    .flatMap(({ name, status }) => (status === "alive" ? [name] : []))
    .sort()
    .join(" ");
}

const portOf = (server: ServerProcess) => Number(new URL(server.url).port);
