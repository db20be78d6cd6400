import { expect, test } from "vitest";
import { packJson, unpackPayload } from "./payload.ts";

const JSON_BYTES = Buffer.from('{"message":"a small event","level":"error"}');

test("a payload that was compressed here holds little more memory than its bytes", () => {
  const payloads = Array.from({ length: 1_000 }, () => packJson(JSON_BYTES));
  const held = new Set(payloads.map(({ body }) => body.buffer));
  const heldBytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(heldBytes).toBeLessThan(1_000 * 256);
  for (const payload of payloads) expect(unpackPayload(payload)).toEqual(JSON_BYTES);
});
