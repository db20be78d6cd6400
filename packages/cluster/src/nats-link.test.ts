import { expect, test } from "vitest";
import { deriveKeys } from "./cookie.ts";
import { FRAME } from "./frame.ts";
import { NatsLink } from "./nats-link.ts";
import { createLifeKeys, createLinkId, createLinkSeal, realmOf } from "./nats-seal.ts";
import { MACHINE } from "./world.ts";

const [key] = await deriveKeys(["a cookie for tests only"]);

interface End {
  readonly link: NatsLink;
  /** Letters this end has sent and the other has not been given. */
  readonly sent: Buffer[];
  readonly heard: string[];
  closedFor: string | undefined;
  hasServer: boolean;
}

/** Two ends; what one sends reaches the other when it is given. */
function pair(letterBytesMax = 10_000, queueBytesMax = 4_000_000): [End, End] {
  if (key === undefined) throw new Error("no key");
  const realm = realmOf(key);
  const [a, b] = ["a@h:1", "b@h:1"].map((name) => ({ ...createLifeKeys(), id: createLinkId(), name })) as [Life, Life];
  const make = (own: Life, other: Life, isCaller: boolean): End => {
    const sent: Buffer[] = [];
    const end: Omit<End, "link"> = { sent, heard: [], closedFor: undefined, hasServer: true };
    const link = new NatsLink({
      world: MACHINE,
      frameBytesMax: 1_000_000,
      queueBytesMax,
      seal: createLinkSeal(realm, own, other, isCaller),
      remoteAddress: other.name,
      letterBytesMax: () => letterBytesMax,
      publish: (letter) => {
        if (whole.hasServer) sent.push(letter);
        return whole.hasServer;
      },
      flush: async () => {},
      onDestroy: () => {},
    });
    link.welcome();
    link.onFrame = (_type, body) => end.heard.push(body.toString());
    link.onClose = (reason) => {
      whole.closedFor = reason;
    };
    const whole = Object.assign(end, { link });
    return whole;
  };
  return [make(a, b, true), make(b, a, false)];
}

type Life = ReturnType<typeof createLifeKeys> & { id: string; name: string };

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Gives all letters to the other end, and those it sends to that one, until there are none. */
async function give(from: End, to: End): Promise<void> {
  await turn();
  for (let letters = from.sent.splice(0); letters.length > 0; letters = from.sent.splice(0)) {
    for (const letter of letters) expect(to.link.take(letter)).toBeUndefined();
    await turn();
    for (const letter of to.sent.splice(0)) expect(from.link.take(letter)).toBeUndefined();
    await turn();
  }
}

test("frames of one turn are one letter, those that do not fit are the next, and all come in order", async () => {
  const [a, b] = pair(1_000);
  for (let n = 0; n < 5; n += 1) a.link.send(FRAME.packet, Buffer.alloc(300, String(n)));
  await turn();
  expect(a.sent).toHaveLength(2);
  expect(a.sent.every(({ length }) => length <= 1_000)).toBe(true);
  await give(a, b);
  expect(b.heard.map((text) => text[0])).toEqual(["0", "1", "2", "3", "4"]);
});

test("a link ends when a frame is lost, and does not when only a sign of life is", async () => {
  const [a, b] = pair();
  a.link.ping();
  await turn();
  a.sent.length = 0;
  a.link.send(FRAME.packet, Buffer.from("first"));
  await give(a, b);
  expect(b.heard).toEqual(["first"]);
  a.link.send(FRAME.packet, Buffer.from("lost"));
  await turn();
  a.sent.length = 0;
  a.link.send(FRAME.packet, Buffer.from("third"));
  await turn();
  for (const letter of a.sent.splice(0)) b.link.take(letter);
  expect(b.heard).toEqual(["first"]);
  expect(b.closedFor).toBe("frames were lost on the way");
  for (const letter of b.sent.splice(0)) a.link.take(letter);
  expect(a.closedFor).toBe("the peer has closed the connection");
});

test("what waits while there is no server goes out when there is one again", async () => {
  const [a, b] = pair();
  a.hasServer = false;
  expect(a.link.send(FRAME.packet, Buffer.from("early"))).toBe(true);
  await give(a, b);
  expect(b.heard).toEqual([]);
  a.hasServer = true;
  a.link.flush();
  await give(a, b);
  expect(b.heard).toEqual(["early"]);
});

test("[F.4-4] what the peer has not confirmed is bounded; a sender that can wait goes on when it is confirmed", async () => {
  const [a, b] = pair(100_000, 2_000_000);
  let sent = 0;
  while (a.link.send(FRAME.packet, Buffer.alloc(50_000))) sent += 1;
  expect(a.link.queuedBytes).toBeLessThanOrEqual(2_000_000);
  expect(sent).toBeGreaterThan(30);
  expect(a.link.refusedFrames).toBe(1);
  const drained = a.link.drained().then(() => "drained");
  expect(await Promise.race([drained, turn().then(() => "still waiting")])).toBe("still waiting");
  await give(a, b);
  expect(await drained).toBe("drained");
  expect(a.link.queuedBytes).toBeLessThan(300_000);
  a.link.ping();
  await give(a, b);
  expect(a.link.queuedBytes).toBe(0);
  expect(a.link.roundTripMs).toBeGreaterThan(0);
});

test("a confirmation that was lost is said again with the next answer to a ping", async () => {
  const [a, b] = pair(1_000_000);
  a.link.send(FRAME.packet, Buffer.alloc(600_000));
  await turn();
  for (const letter of a.sent.splice(0)) b.link.take(letter);
  await turn();
  // All it said was that it has read.
  expect(b.sent.splice(0)).toHaveLength(1);
  expect(a.link.queuedBytes).toBeGreaterThan(600_000);
  a.link.ping();
  await give(a, b);
  expect(a.link.queuedBytes).toBe(0);
});

test("signs of life and confirmations go out although too much waits already", async () => {
  const [a, b] = pair(100_000, 300_000);
  const body = Buffer.alloc(50_000);
  for (const end of [a, b]) {
    while (end.link.send(FRAME.packet, body)) expect(end.link.isOpen).toBe(true);
    // To the last byte.
    end.link.send(FRAME.packet, Buffer.alloc(300_000 - end.link.queuedBytes));
  }
  for (const end of [a, b]) end.link.ping();
  await give(a, b);
  for (const end of [a, b]) {
    expect(end.link.roundTripMs).toBeGreaterThan(0);
    expect(end.link.queuedBytes).toBe(0);
    expect(end.link.send(FRAME.packet, body)).toBe(true);
  }
});
