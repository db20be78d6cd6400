import { randomUUID } from "node:crypto";
import type { Dsn } from "@mesher/protocol";
import type { Random } from "../../packages/cli/src/demo/random.ts";
import { envelopeOf, makeShopEvent } from "../../packages/cli/src/demo/shop-event.ts";
import type { Occurrence } from "../../packages/cli/src/demo/shop-stream.ts";
import { postEnvelope } from "../../packages/cli/src/post-envelope.ts";

/** Sends an event of the demo's shop that happened at `nowMs`. Throws unless it was accepted. */
export async function postOccurrence(
  { service, problem }: Occurrence,
  random: Random,
  { dsn, nowMs }: { readonly dsn: Dsn; readonly nowMs: number },
): Promise<void> {
  const event = makeShopEvent({ service, problem }, random, { eventId: randomUUID().replaceAll("-", ""), nowMs });
  const wire = { client: `${service.sdk.name}/${service.sdk.version}`, ...service.wire };
  const answer = await postEnvelope(dsn, wire, envelopeOf(service, event, { publicKey: dsn.publicKey, nowMs }));
  if (answer.kind !== "accepted") throw new Error(`an event of the shop was ${answer.kind}`);
}
