/** Who may listen to live streams: the same who may read over HTTP. */
import type { IncomingHttpHeaders } from "node:http";
import type { Actor } from "../organizations/access.ts";
import { sha256 } from "../organizations/secret.ts";
import type { UpgradeRefusal } from "../runtime/web-sockets/refuse-upgrade.ts";
import { demandScope } from "./access.ts";
import { RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies, StreamViewer } from "./dependencies.ts";

/** `ownHosts`: where this server's own pages may come from, beside the host that was asked. */
export function createFindViewer(
  authenticate: ApiDependencies["authenticate"],
  ownHosts: readonly string[],
): (headers: IncomingHttpHeaders) => Promise<StreamViewer | UpgradeRefusal> {
  const findViewer = async (headers: IncomingHttpHeaders): Promise<StreamViewer | UpgradeRefusal> => {
    try {
      const actor = await authenticate({ headers });
      demandScope(actor, "event:read");
      demandOwnPage(actor, headers, ownHosts);
      return viewerOf(actor, headers, async () => !("status" in (await findViewer(headers))));
    } catch (error) {
      if (error instanceof RequestRefusedError) return { status: error.status, body: error.body };
      throw error;
    }
  };
  return findViewer;
}

export function viewerOf(actor: Actor, headers: IncomingHttpHeaders, mayStay: () => Promise<boolean>): StreamViewer {
  return { organizationId: actor.organizationId, holder: holderOf(actor, headers), mayStay };
}

/** A person, or a token: by its hash, shortened, which tells nothing of it. */
export function holderOf({ userId }: Actor, { authorization = "" }: IncomingHttpHeaders): string {
  return userId ?? sha256(authorization).toString("hex", 0, 16);
}

/** A browser sends a person's cookie with every WebSocket, whichever site's page opens it, and lets that page read. */
function demandOwnPage(actor: Actor, headers: IncomingHttpHeaders, ownHosts: readonly string[]): void {
  const { origin, host = "" } = headers;
  if (actor.kind !== "person" || headers.authorization !== undefined || origin === undefined) return;
  const from = URL.canParse(origin) ? new URL(origin).host : "";
  if (from !== host && !ownHosts.includes(from)) {
    throw new RequestRefusedError(403, "forbidden", "pages of other sites may not listen");
  }
}
