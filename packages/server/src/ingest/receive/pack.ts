import { type BodyEncoding, isWorthKeeping } from "../../events/payload.ts";
import type { EventSlice } from "../journal/entry.ts";
import type { ReceivedBody } from "./inflate.ts";

/** What goes into the journal for a request. */
export interface PackedBody {
  readonly encoding: BodyEncoding;
  readonly body: Uint8Array;
  readonly events: readonly EventSlice[];
}

/**
 * The body as it was received if it holds little but the events, and is not longer than them: then nothing needs to be compressed again.
 * Otherwise the events' bytes alone.
 */
export function packBody(received: ReceivedBody, events: readonly EventSlice[]): PackedBody {
  const eventBytes = events.reduce((bytes, { length }) => bytes + length, 0);
  if (eventBytes * 2 >= received.bytes.length && isWorthKeeping(received.wire, received.bytes))
    return { encoding: received.encoding, body: received.wire, events };

  let offset = 0;
  const moved = events.map((event) => {
    const slice = { ...event, offset };
    offset += event.length;
    return slice;
  });
  const parts = events.map((event) => received.bytes.subarray(event.offset, event.offset + event.length));
  return { encoding: "identity", body: Buffer.concat(parts), events: moved };
}

/** Bytes that were made here, as if they had been received so. */
export function madeBody(bytes: Buffer): ReceivedBody {
  return { wire: bytes, encoding: "identity", bytes };
}
