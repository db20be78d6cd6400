export { Balancer } from "./balancer.ts";
export { BlackholeProxy } from "./blackhole-proxy.ts";
export { createDataDir, type DataDir } from "./data-dir.ts";
export { testDatabase } from "./database.ts";
export { HttpReceiver, type ReceivedRequest } from "./http-receiver.ts";
export { MACHINE_HTTP_PORT, type Machine, Machines, settled, viewOf } from "./machines.ts";
export { decodedText, MailReceiver } from "./mail-receiver.ts";
export { Namespaces } from "./namespaces.ts";
export {
  eventSearches,
  issueSearches,
  SEARCHED_NOW_MS,
  SEARCHED_TAG_KEYS,
  SEARCHED_VALUES,
  SEARCHED_WORDS,
} from "./search-arbitraries.ts";
export { endpointOf, newEventId, sendEvent } from "./send.ts";
export { ServerCluster, TEST_COOKIE, testServerCluster } from "./server-cluster.ts";
export { NODE_FLAGS, ServerProcess, START_ENV, TEST_TOKEN } from "./server-process.ts";
export { SERVICES_CERTIFICATE } from "./services-certificate.ts";
export { openSocket, StreamClient, UpgradeRefusedError } from "./stream-client.ts";
export { testServer } from "./test-server.ts";
export { waitUntil } from "./wait-until.ts";
