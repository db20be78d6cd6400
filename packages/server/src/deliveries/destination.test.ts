import { DESTINATION_FIELDS, DESTINATION_KINDS } from "@mesher/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { mask, maskedConfig, withoutSecrets } from "./destination.ts";

test.each([
  ["https://hooks.slack.com/services/T000/B000/abcdEFGH1234", "https://hooks.slack.com/…1234"],
  ["123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11", "…ew11"],
  ["short-key", "…"],
])("a secret is shown as where it leads, and its end", (secret, shown) => {
  expect(mask(secret)).toBe(shown);
});

test("of no kind a secret is read back", () => {
  for (const kind of DESTINATION_KINDS) {
    const secrets = Object.fromEntries(
      DESTINATION_FIELDS[kind].fields.map(({ name }) => [name, `secret of ${name} 00`]),
    );
    const shown = JSON.stringify(
      maskedConfig({ kind, config: {}, secrets: { ...secrets, signing_secret: "whsec_x" } }),
    );
    expect(shown).not.toContain("secret of");
    expect(shown).not.toContain("whsec_x");
  }
});

test("an error that repeats a secret is kept without it", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4 }), fc.string(), fc.string(), (secret, before, after) => {
      fc.pre(!"…".includes(secret) && secret.isWellFormed());
      expect(withoutSecrets(`${before}${secret}${after}`, { token: secret })).not.toContain(secret);
    }),
  );
});
