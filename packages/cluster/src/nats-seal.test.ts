import fc from "fast-check";
import { expect, test } from "vitest";
import { deriveKeys } from "./cookie.ts";
import {
  createLifeKeys,
  createLinkId,
  createLinkSeal,
  isLetter,
  linkIdOf,
  nameSubject,
  openNote,
  realmOf,
  sealNote,
} from "./nats-seal.ts";

const [own, other] = (await deriveKeys(["a cookie for tests only", "a cookie that is different"])).map(realmOf) as [
  ReturnType<typeof realmOf>,
  ReturnType<typeof realmOf>,
];

function ends() {
  const [a, b] = [createLifeKeys(), createLifeKeys()];
  const [callerId, calledId] = [createLinkId(), createLinkId()];
  return {
    caller: { ...a, name: "a@h:1", id: callerId },
    called: { ...b, name: "b@h:1", id: calledId },
  };
}

test("[HAZARD-11] a note opens in its realm, at its subject, unaltered, and nowhere else", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
      const note = sealNote(own, "subject", { value });
      expect(JSON.stringify(openNote(own, "subject", note))).toBe(JSON.stringify({ value }));
      expect(openNote(own, "another subject", note)).toBeUndefined();
      expect(openNote(other, "subject", note)).toBeUndefined();
      const altered = Buffer.from(note);
      altered[at % note.length] = (altered[at % note.length] ?? 0) ^ change;
      expect(openNote(own, "subject", altered)).toBeUndefined();
    }),
  );
});

test("letters open at the other end, in order and once; altered, from the wrong end, or of another link never", () => {
  const { caller, called } = ends();
  const [one, two] = [createLinkSeal(own, caller, called, true), createLinkSeal(own, called, caller, false)];
  const letters = ["first", "second", "third"].map((text) => one.sending.seal([Buffer.from(text)]));
  const [first, second, third] = letters as [Buffer, Buffer, Buffer];
  expect(letters.every(isLetter)).toBe(true);
  expect(linkIdOf(first)).toBe(called.id);
  expect(two.receiving.open(first)).toEqual(Buffer.from("first"));
  expect(two.receiving.open(first)).toBe("replayed");
  expect(two.receiving.open(third)).toEqual(Buffer.from("third"));
  expect(two.receiving.open(second)).toBe("replayed");
  for (let at = 0; at < third.length; at += 1) {
    const altered = Buffer.from(one.sending.seal([Buffer.from("x")]));
    altered[at % altered.length] = (altered[at % altered.length] ?? 0) ^ 1;
    expect(two.receiving.open(altered)).toBe("forged");
  }
  expect(one.receiving.open(one.sending.seal([Buffer.from("reflected")]))).toBe("forged");
  const again = ends();
  const sameLives = createLinkSeal(own, { ...called, id: again.called.id }, { ...caller, id: again.caller.id }, false);
  expect(sameLives.receiving.open(one.sending.seal([Buffer.from("of the former link")]))).toBe("forged");
  const otherName = createLinkSeal(own, { ...called, name: "c@h:1" }, caller, false);
  expect(otherName.receiving.open(one.sending.seal([Buffer.from("not for c")]))).toBe("forged");
  const otherCookie = createLinkSeal(other, called, caller, false);
  expect(otherCookie.receiving.open(one.sending.seal([Buffer.from("without the cookie")]))).toBe("forged");
});

test("two cookies have two realms, and subjects tell no names", () => {
  expect(own.prefix).not.toBe(other.prefix);
  expect(nameSubject(own, "a@h:1")).not.toBe(nameSubject(own, "b@h:1"));
  expect(nameSubject(own, "mesher@host:1")).not.toContain("host");
  expect(nameSubject(own, "mesher@host:1")).toMatch(/^mesher\.[\w-]{22}\.name\.[\w-]{22}$/);
});
