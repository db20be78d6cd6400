import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { refuseUpgrade, type UpgradeRefusal } from "./refuse-upgrade.ts";

/** A request for a WebSocket. Errors of its socket are nobody's fault and are listened for; `close` follows them. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** What a server's `upgrade` calls. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Offers every upgrade to one after the other until one takes it, which is then to answer; what nobody takes is refused. */
export function offerUpgrades(takers: readonly ((upgrade: Upgrade) => boolean)[]): UpgradeListener {
  return (request, socket, head) => {
    // Before anything else: Node has taken its own listener away, and one client that breaks off would end the process.
    socket.on("error", () => {});
    const url = URL.parse(request.url ?? "", "http://localhost");
    if (url === null) refuseUpgrade(socket, UNREADABLE);
    else if (!takers.some((take) => take({ request, url, socket, head }))) refuseUpgrade(socket, NO_SUCH_SOCKET);
  };
}

const UNREADABLE: UpgradeRefusal = {
  status: 400,
  body: { error: "the address cannot be read", code: "bad_request" },
};

const NO_SUCH_SOCKET: UpgradeRefusal = { status: 404, body: { error: "no WebSocket is here", code: "not_found" } };
