import {
  brotliCompressSync,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import { describe, expect, test } from "vitest";
import { ByteBudget } from "./byte-budget.ts";
import { findEncoding, Inflater } from "./inflate.ts";
import { MIB } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import { AUTH, EVENT_ID, envelopeOf, startTestServer } from "./test-server.ts";

/** Large enough to be most of its envelope. */
const EVENT = { message: "Grüße".repeat(100) };
const BODY = envelopeOf(EVENT);

describe("every encoding is taken", () => {
  test.each([
    ["gzip", gzipSync(BODY), "gzip"],
    ["x-gzip", gzipSync(BODY), "gzip"],
    ["GZIP", gzipSync(BODY), "gzip"],
    ["deflate", deflateSync(BODY), "deflate"],
    ["deflate", deflateRawSync(BODY), "identity"],
    ["br", brotliCompressSync(BODY), "br"],
    ["zstd", zstdCompressSync(BODY), "zstd"],
    ["identity", BODY, "identity"],
    ["identity, gzip", gzipSync(BODY), "gzip"],
    ["", BODY, "identity"],
    ["UTF-8", BODY, "identity"],
  ])("%s", async (encoding, body, journalled) => {
    await using server = await startTestServer();
    const response = await server.post("/api/1/envelope/", body, { ...AUTH, "content-encoding": encoding });
    expect(await response.json()).toEqual({ id: EVENT_ID });
    expect(server.entries[0]?.encoding).toBe(journalled);
    expect(server.events()).toEqual([EVENT]);
  });
});

test("what is long on the wire is not inflated on the main thread, however little comes out of it", async () => {
  const member = gzipSync("");
  const wire = Buffer.alloc(Math.ceil((2 * MIB) / member.length) * member.length, member);
  let hasTurned = false;
  setImmediate(() => {
    hasTurned = true;
  });
  const { bytes } = await new Inflater().inflate(wire, "gzip", 100 * MIB, new ByteBudget(MIB).open());
  expect(bytes).toHaveLength(0);
  expect(hasTurned).toBe(true);
});

describe("refused", () => {
  test.each([
    ["gzip", "not compressed", 400],
    ["gzip", "", 400],
    ["gzip", gzipSync(BODY).subarray(0, -12), 400],
    ["br", brotliCompressSync(BODY).subarray(0, -4), 400],
    ["zstd", zstdCompressSync(BODY).subarray(0, -4), 400],
    ["deflate", "{}", 400],
    ["gzip, br", gzipSync(brotliCompressSync(BODY)), 415],
    ["gzip, gzip", gzipSync(gzipSync(BODY)), 415],
  ])("%s of a body that is not so", async (encoding, body, status) => {
    await using server = await startTestServer();
    const response = await server.post("/api/1/envelope/", body, { ...AUTH, "content-encoding": encoding });
    expect(response.status).toBe(status);
    expect(server.outcomes).toMatchObject([{ outcome: "malformed", projectId: "project-1" }]);
  });

  test("a large body, when all the memory for bodies is taken", async () => {
    const held = new ByteBudget(3 * MIB).open();
    const wire = gzipSync(Buffer.alloc(4 * MIB, "0123456789abcdef, some text"));
    await expect(new Inflater().inflate(wire, "gzip", 100 * MIB, held)).rejects.toMatchObject({
      outcome: "overloaded",
    });
  });
});

describe("a bomb", () => {
  /** A gigabyte of zeros, compressed piece by piece. */
  async function zeros(
    compressor: ReturnType<typeof createGzip | typeof createBrotliCompress | typeof createZstdCompress>,
  ) {
    const chunks: Buffer[] = [];
    const piece = Buffer.alloc(MIB);
    const writing = (async () => {
      for (let written = 0; written < 1024; written++) {
        if (!compressor.write(piece)) await new Promise<void>((resolve) => compressor.once("drain", () => resolve()));
      }
      compressor.end();
    })();
    for await (const chunk of compressor) chunks.push(chunk as Buffer);
    await writing;
    return Buffer.concat(chunks);
  }

  test.each([
    ["gzip", () => createGzip()],
    ["br", () => createBrotliCompress({ params: { 1: 1 } })],
    ["zstd", () => createZstdCompress()],
  ] as const)("of %s is given up early, answered 413, and the node goes on", async (encoding, compressor) => {
    const bomb = await zeros(compressor());
    await using server = await startTestServer();
    const rssBefore = process.memoryUsage.rss();

    const response = await server.post("/api/1/envelope/", bomb, { ...AUTH, "content-encoding": encoding });

    expect(response.status).toBe(413);
    expect(server.outcomes).toMatchObject([{ outcome: "too_large" }]);
    expect(process.memoryUsage.rss() - rssBefore).toBeLessThan(100 * MIB);
    expect((await server.post("/api/1/envelope/", BODY)).status).toBe(200);
  });

  test("of 10 MB that holds 10 GB is given up after a few megabytes", async () => {
    const member = gzipSync(Buffer.alloc(64 * MIB));
    const bomb = Buffer.concat(Array.from({ length: 160 }, () => member));
    expect(bomb.length).toBeGreaterThan(10_000_000);
    const budget = new ByteBudget(200 * MIB);
    const held = budget.open();
    await expect(new Inflater().inflate(bomb, "gzip", 100 * MIB, held)).rejects.toBeInstanceOf(Refusal);
    expect(budget.bytesHeld).toBeLessThan(9 * MIB);
    held.release();
    expect(budget.bytesHeld).toBe(0);
  });

  test("that compresses too little to be noticed ends at the size limit", async () => {
    const body = gzipSync(Buffer.from(Array.from({ length: 2_000_000 }, (_, index) => `line ${index}`).join("\n")));
    const budget = new ByteBudget(200 * MIB);
    const inflating = new Inflater().inflate(body, "gzip", 10 * MIB, budget.open());
    await expect(inflating).rejects.toMatchObject({ outcome: "too_large" });
    expect(budget.bytesHeld).toBeLessThan(11 * MIB);
  });

  test("in a native event stops at the event's limit", async () => {
    await using server = await startTestServer();
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    const response = await server.post("/api/v1/events", bomb, { ...AUTH, "content-encoding": "gzip" });
    expect([response.status, await response.json()]).toMatchObject([413, { error: "payload too large" }]);
  });
});

test("a body over what is inflated at once is inflated all the same", async () => {
  await using server = await startTestServer();
  const attachment = Buffer.from(Array.from({ length: 300_000 }, (_, index) => `line ${index}`).join("\n"));
  const envelope = Buffer.concat([
    Buffer.from(`{"event_id":"${EVENT_ID}"}\n{"type":"attachment","length":${attachment.length}}\n`),
    attachment,
    Buffer.from('\n{"type":"event"}\n{"message":"beside"}'),
  ]);
  const response = await server.post("/api/1/envelope/", gzipSync(envelope), { ...AUTH, "content-encoding": "gzip" });
  expect(response.status).toBe(200);
  expect(server.entries).toMatchObject([{ encoding: "identity", events: [{ offset: 0, length: 20 }] }]);
  expect(server.events()).toEqual([{ message: "beside" }]);
});

test("names of encodings that are none are ignored", () => {
  expect([undefined, "", "UTF-8", "identity", "snappy"].map(findEncoding)).toEqual(Array(5).fill("identity"));
});
