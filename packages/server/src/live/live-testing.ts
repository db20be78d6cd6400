/** For tests only: a live feed of a node alone, behind a port. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startNode } from "@mesher/cluster";
import { createLog } from "../runtime/log.ts";
import { HEARTBEAT } from "../runtime/web-sockets/keep-alive.ts";
import { offerUpgrades } from "../runtime/web-sockets/offer-upgrades.ts";
import { feedNode } from "./feed-testing.ts";
import { Live, type LiveOptions } from "./live.ts";
import { RECHECK_MS } from "./recheck.ts";
import { Seats } from "./seats.ts";

/** The one there is, of whichever organization. */
export const TEST_PROJECT = "project";

export interface TestLive extends AsyncDisposable {
  readonly live: Live;
  /** Of the project's stream. */
  readonly url: string;
}

/** Whoever sends a header is let in, by the name in it. */
export async function startTestLive(options: Partial<LiveOptions> = {}): Promise<TestLive> {
  const log = createLog({ level: "error", format: "json" });
  const node = await startNode({ log });
  const live = new Live({
    node: feedNode({
      rooms: node.rooms,
      list: () => node.list(),
      monitor: (listener) => node.monitor(listener),
      tellPeer: askPeer,
      recall: askPeer,
      handOver: askPeer,
    }),
    countUnresolved: async () => 0,
    findViewer: async ({ authorization = "" }) => ({
      organizationId: "organization",
      holder: authorization,
      mayStay: async () => true,
    }),
    redeemTicket: async () => undefined,
    findProjectId: async (_organizationId, given) => (given === TEST_PROJECT ? TEST_PROJECT : undefined),
    seats: new Seats(),
    heartbeat: HEARTBEAT,
    recheckMs: RECHECK_MS,
    onDropped: () => undefined,
    now: Date.now,
    log,
    ...options,
  });
  const server = createServer().on("upgrade", offerUpgrades([(upgrade) => live.upgrade(upgrade)]));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    live,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/stream/projects/${TEST_PROJECT}`,
    async [Symbol.asyncDispose]() {
      await live.sockets.stop();
      await live.feed.stop();
      server.close();
      await node.stop();
    },
  };
}

async function askPeer(): Promise<never> {
  throw new Error("a node alone has no peers");
}
