import { chmodSync, chownSync, existsSync, mkdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../database.ts";
import { type DirectoryLock, lockDirectory } from "../directory-lock.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import { type ClusterPlace, checkClusterVersion, createCluster, findClusterOwner } from "./cluster.ts";
import { chooseIdentity, type Identity } from "./identity.ts";
import { isPostmasterOf, readPidFile, removeEmptyPidFile } from "./pid-file.ts";
import {
  adoptPostmaster,
  boundPostmasterLog,
  type Postmaster,
  readLogTail,
  spawnPostmaster,
  stopPostmaster,
} from "./postmaster.ts";
import { becomeReady } from "./readiness.ts";
import { makeSocketDir, removeSocketDir, socketUrl } from "./socket-dir.ts";

export interface EmbeddedOptions {
  /** Mesher's data directory; the database lives in its folder `postgres`. Created if absent. */
  readonly dataDir: string;
  readonly log: Log;
  /** For tests: several times as fast, and a power cut ruins the files. */
  readonly fast?: boolean;
}

/** A PostgreSQL of our own, which is started again whenever it dies. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** In the form of `DATABASE_URL`; the same as long as this object lives. */
  readonly url: string;
  /** Of the postmaster; undefined while there is none. */
  readonly pid: number | undefined;
  /** Resolves when the postmaster has ended and the data directory is free. Close connections before. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on the files in `dataDir`, or takes over the one that a killed Mesher has left running.
 * Resolves when it takes connections. If it dies unasked it is started again, after growing pauses;
 * meanwhile connections fail and whoever needs them tries again.
 *
 * Throws `EmbeddedUnavailableError`, `ClusterVersionError` or `DirectoryLockedError` with a sentence for the
 * person who started it.
 */
export async function startEmbeddedPostgres({
  dataDir,
  log,
  fast = false,
}: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const binaries = findBinaries();
  const place = makePlace(dataDir);
  const lock = lockDirectory(place.homeDir);
  try {
    const identity = chooseIdentity({
      homeDir: place.homeDir,
      program: binaries.postgres,
      owner: findClusterOwner(place),
    });
    await prepareCluster({ place, binaries, identity, fast, log });
    const supervisor = new Supervisor({ place, binaries, identity, fast, log, lock });
    await supervisor.start();
    return supervisor;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Reaches the database of a data directory: the one that a running Mesher has started, or else one that is started for it. Throws a
 * `DirectoryLockedError` when a Mesher runs on the directory without it.
 */
export async function connectEmbedded(dataDir: string, log: Log): Promise<AsyncDisposable & { readonly url: string }> {
  const { clusterDir } = makePlace(dataDir);
  const running = readPidFile(clusterDir);
  if (running !== undefined && isPostmasterOf(running.pid, clusterDir))
    return { url: socketUrl(running.socketDir), [Symbol.asyncDispose]: () => Promise.resolve() };
  await using started = new AsyncDisposableStack();
  started.use(lockDirectory(dataDir));
  const { url } = started.use(await startEmbeddedPostgres({ dataDir, log }));
  const everything = started.move();
  return { url, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

interface Setup {
  readonly place: ClusterPlace;
  readonly binaries: Binaries;
  readonly identity: Identity;
  readonly fast: boolean;
  readonly log: Log;
}

function makePlace(dataDir: string): ClusterPlace {
  mkdirSync(resolve(dataDir), { recursive: true });
  const homeDir = join(realpathSync(dataDir), "postgres");
  mkdirSync(homeDir, { recursive: true, mode: 0o700 });
  return { homeDir, clusterDir: join(homeDir, "cluster") };
}

async function prepareCluster({ place, binaries, identity, fast, log }: Setup): Promise<void> {
  chmodSync(place.homeDir, 0o700);
  if (identity.kind === "user") chownSync(place.homeDir, identity.uid, identity.gid);
  if (existsSync(place.clusterDir)) {
    checkClusterVersion(place, binaries);
    await removeEmptyPidFile(place.clusterDir);
    return;
  }
  log(`Creating the embedded database (PostgreSQL ${binaries.majorVersion}) in ${place.homeDir}`);
  await createCluster(place, binaries, identity, { fast });
}

const RESTART_PAUSE_MIN_MS = 1_000;
const RESTART_PAUSE_MAX_MS = 30_000;

/** After a life this long the next death is a new story, and the pauses start over. */
const STABLE_LIFE_MS = 60_000;
const LOG_CHECK_MS = 60_000;

class Supervisor implements EmbeddedPostgres {
  readonly #setup: Setup;
  readonly #lock: DirectoryLock;
  readonly #socketDir: string;
  readonly #stopping = new AbortController();
  #postmaster: Postmaster | undefined;
  #watching: Promise<void> = Promise.resolve();
  #logCheck: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;

  constructor({ lock, ...setup }: Setup & { readonly lock: DirectoryLock }) {
    this.#setup = setup;
    this.#lock = lock;
    this.#postmaster = adoptPostmaster(setup.place);
    this.#socketDir = this.#postmaster?.socketDir ?? makeSocketDir(setup.place.homeDir, setup.identity);
  }

  get url(): string {
    return socketUrl(this.#socketDir);
  }

  get pid(): number | undefined {
    return this.#postmaster?.pid;
  }

  async start(): Promise<void> {
    const adopted = this.#postmaster;
    if (adopted === undefined) await this.#launch();
    else await this.#takeOver(adopted);
    this.#logCheck = setInterval(() => boundPostmasterLog(this.#setup.place), LOG_CHECK_MS).unref();
    this.#watching = this.#watch();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#logCheck);
    try {
      if (this.#postmaster !== undefined) await stopPostmaster(this.#postmaster, this.#setup.log);
      await this.#watching;
    } finally {
      removeSocketDir(this.#socketDir);
      this.#lock.release();
    }
  }

  /** Waits for the one that was left running, or for its end if it was about to end. */
  async #takeOver(adopted: Postmaster): Promise<void> {
    const { log } = this.#setup;
    log("Embedded database was left running, taking it over", { pid: adopted.pid });
    try {
      await becomeReady(adopted, log);
    } catch (error) {
      log("Embedded database that was left running has ended, starting it", { error: String(error) });
      await adopted.exited;
      await this.#launch();
    }
  }

  async #launch(): Promise<void> {
    const { log, place } = this.#setup;
    const startedAt = Date.now();
    boundPostmasterLog(place);
    const postmaster = await spawnPostmaster({ ...this.#setup, socketDir: this.#socketDir });
    this.#postmaster = postmaster;
    try {
      await becomeReady(postmaster, log);
    } catch (error) {
      await stopPostmaster(postmaster, log);
      this.#postmaster = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${reason}. The last lines of its log:\n${readLogTail(place)}`, { cause: error });
    }
    log("Embedded database started", { pid: postmaster.pid, startMs: Date.now() - startedAt });
  }

  /** Ends when stopping. */
  async #watch(): Promise<void> {
    let pauseMs = RESTART_PAUSE_MIN_MS;
    while (this.#postmaster !== undefined) {
      const aliveSince = Date.now();
      const reason = await this.#postmaster.exited;
      this.#postmaster = undefined;
      if (this.#stopping.signal.aborted) return;
      if (Date.now() - aliveSince > STABLE_LIFE_MS) pauseMs = RESTART_PAUSE_MIN_MS;
      this.#setup.log("Embedded database died, starting it again", { reason });
      pauseMs = await this.#relaunch(pauseMs);
    }
  }

  /** Tries until it runs; the pause to begin with next time. */
  async #relaunch(firstPauseMs: number): Promise<number> {
    const { signal } = this.#stopping;
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) break;
      pauseMs = Math.min(pauseMs * 2, RESTART_PAUSE_MAX_MS);
      try {
        await this.#launch();
        break;
      } catch (error) {
        this.#setup.log("Embedded database does not start", { error: String(error), nextTryMs: pauseMs });
      }
    }
    return pauseMs;
  }
}
