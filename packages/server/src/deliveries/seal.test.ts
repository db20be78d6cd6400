import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deriveKey, open, SealError, seal } from "./seal.ts";

const key = deriveKey("a secret of the server, long enough", "destinations");

describe("what is sealed", () => {
  test("is what is opened, and cannot be read in between", () => {
    const secrets = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 4 }), { minKeys: 1 });
    fc.assert(
      fc.property(fc.uuid(), secrets, (id, given) => {
        const sealed = seal(key, id, given);
        expect(open(key, id, sealed)).toEqual({ ...given });
        for (const value of Object.values(given)) expect(sealed.includes(Buffer.from(value))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  test("opens for no other destination, with no other secret, and not when it was changed", () => {
    const sealed = seal(key, "one", { token: "xoxb-1234" });
    expect(() => open(key, "other", sealed)).toThrow(SealError);
    expect(() => open(deriveKey("another secret of the server!!!!!!", "destinations"), "one", sealed)).toThrow(
      SealError,
    );
    expect(() => open(deriveKey("a secret of the server, long enough", "unsubscribe"), "one", sealed)).toThrow(
      SealError,
    );
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    expect(() => open(key, "one", sealed)).toThrow(SealError);
    expect(() => open(key, "one", Buffer.alloc(0))).toThrow(SealError);
  });
});
