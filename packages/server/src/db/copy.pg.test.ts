import { randomBytes, randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { copyBinary } from "./copy.ts";
import { CopyBuffer, CopyBufferFullError } from "./copy-buffer.ts";
import { CopyValueError } from "./copy-value-error.ts";
import type { Database } from "./database.ts";
import { PG, sqlState } from "./errors.ts";
import { withTransaction } from "./transaction.ts";
import { decodeTsvector, encodeTsvector } from "./tsvector.ts";

const COLUMNS =
  "id uuid, small int2, middle int4, large int8, note text, bytes bytea, at timestamptz, tags jsonb, words tsvector";
const TARGET = "things (id, small, middle, large, note, bytes, at, tags, words)";

interface Thing {
  readonly id: string;
  readonly small: number;
  readonly middle: number;
  readonly large: number;
  readonly note: string;
  readonly bytes: Buffer;
  readonly at: Date;
  readonly tags: unknown;
}

test("what is copied is read back the same, whatever the values", async () => {
  await using db = await thingsDatabase();
  const text = fc.string({ unit: "binary", maxLength: 60 }).map((value) => value.replaceAll("\0", ""));
  const thing: fc.Arbitrary<Thing> = fc.record({
    id: fc.uuid(),
    small: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
    middle: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    large: fc.maxSafeInteger(),
    note: text,
    bytes: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    at: fc.date({ min: new Date("1900-01-01"), max: new Date("2200-01-01"), noInvalidDate: true }),
    tags: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.constant(null))),
  });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(thing, { selector: ({ id }) => id, maxLength: 20 }), async (things) => {
      const buffer = new CopyBuffer();
      for (const one of things) writeThing(buffer, one);
      expect(await copyThings(db.database, buffer)).toBe(things.length);
      const { rows } = await db.database.query<Thing>({
        text: "with gone as (delete from things returning *) select id, small, middle, large, note, bytes, at, tags from gone",
      });
      const byId = (one: Thing, other: Thing): number => (one.id < other.id ? -1 : 1);
      expect(rows.sort(byId)).toEqual([...things].sort(byId));
    }),
    { numRuns: 50 },
  );
});

test("a megabyte, an emoji, nothing at all", async () => {
  await using db = await thingsDatabase();
  const bytes = randomBytes(1024 * 1024);
  const note = "🦊 überall, and more than the short way takes: ".repeat(1000);
  const buffer = new CopyBuffer();
  buffer.startRow(9);
  buffer.uuid(randomUUID().replaceAll("-", "").toUpperCase());
  for (let field = 0; field < 3; field++) buffer.null();
  buffer.text(note);
  buffer.bytea(bytes);
  buffer.null();
  buffer.jsonb('{"fox":"🦊"}');
  buffer.null();
  await copyThings(db.database, buffer);
  const { rows } = await db.database.query({ text: "select note, bytes, tags, small, at, words from things" });
  expect(rows).toEqual([{ note, bytes, tags: { fox: "🦊" }, small: null, at: null, words: null }]);
});

test("a tsvector of words is what PostgreSQL makes of the same words", async () => {
  await using db = await thingsDatabase();
  const words = ["typeerror", "cannot", "zürich", "a", "", "ab", "\u{ffff}", "🦊", "x".repeat(3000)];
  const buffer = new CopyBuffer();
  writeThing(buffer, someThing(), new Map(words.map((word) => [word, 0])));
  await copyThings(db.database, buffer);
  const { rows } = await db.database.query({
    text: `select words = array_to_tsvector($1) as same_as_array, words @@ to_tsquery('simple', 'typeerror & cannot & zürich & ab') as found,
             words @@ to_tsquery('simple', 'typeerror & missing') as found_missing from things`,
    values: [["typeerror", "cannot", "zürich", "a", "ab", "\u{ffff}", "🦊"]],
  });
  expect(rows).toEqual([{ same_as_array: true, found: true, found_missing: false }]);
});

test("words of a tsvector are found by their weights", async () => {
  await using db = await thingsDatabase();
  const buffer = new CopyBuffer();
  writeThing(
    buffer,
    someThing(),
    new Map([
      ["everywhere", 15],
      ["title", 8],
      ["file", 2],
      ["frame", 1],
    ]),
  );
  await copyThings(db.database, buffer);
  const found = async (query: string) =>
    (
      await db.database.query<{ found: boolean }>({
        text: "select words @@ $1::tsquery as found from things",
        values: [query],
      })
    ).rows[0]?.found;
  for (const query of ["everywhere:A", "everywhere:B", "everywhere:C", "everywhere:D", "title:A", "file:C", "frame:D"])
    expect([query, await found(query)]).toEqual([query, true]);
  for (const query of ["title:BCD", "file:ABD", "frame:ABC"])
    expect([query, await found(query)]).toEqual([query, false]);
});

test("a row that PostgreSQL refuses takes all of them, and the connection lives on", async () => {
  await using db = await thingsDatabase(1);
  const thing = someThing();
  const buffer = new CopyBuffer();
  // Refused while most of the bytes are still on their way.
  writeThing(buffer, thing);
  writeThing(buffer, thing);
  for (let row = 0; row < 40; row++) writeThing(buffer, { ...someThing(), bytes: randomBytes(512 * 1024) });
  await expect(copyThings(db.database, buffer)).rejects.toSatisfy((error) => sqlState(error) === PG.uniqueViolation);

  buffer.clear();
  writeThing(buffer, thing);
  expect(await copyThings(db.database, buffer)).toBe(1);
});

test("a statement that cannot be copied to fails as any other", async () => {
  await using db = await testDatabase({ poolSize: 1 });
  const buffer = new CopyBuffer();
  await expect(copyThings(db.database, buffer)).rejects.toSatisfy((error) => sqlState(error) === PG.undefinedTable);
  await expect(db.database.query({ text: "select 1" })).resolves.toMatchObject({ rowCount: 1 });
});

test.each<[string, (buffer: CopyBuffer) => void]>([
  ["U+0000 in a short text", (buffer) => buffer.text("a\0b")],
  ["U+0000 in a long text", (buffer) => buffer.text(`${"a".repeat(100)}\0`)],
  ["a number too large for int2", (buffer) => buffer.int2(32_768)],
  ["a fraction for int4", (buffer) => buffer.int4(1.5)],
  ["NaN as a time", (buffer) => buffer.timestamptz(Number.NaN)],
  ["a uuid too short", (buffer) => buffer.uuid("1234")],
  ["a uuid with other letters", (buffer) => buffer.uuid("z".repeat(32))],
  ["a uuid too long", (buffer) => buffer.uuid("a".repeat(34))],
  [
    "a tsvector too large",
    (buffer) =>
      buffer.bytea(encodeTsvector(new Map(Array.from({ length: 200_000 }, (_, index) => [`word${index}`, 1])))),
  ],
  ["a field too many", (buffer) => [1, 2].forEach((value) => buffer.int4(value))],
  ["a field too few", (buffer) => buffer.finish()],
])("%s is refused", (_, write) => {
  const buffer = new CopyBuffer();
  buffer.startRow(1);
  expect(() => write(buffer)).toThrow(CopyValueError);
});

test("a tsvector gives its words and weights back, but for those that it cannot hold", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: "grapheme", maxLength: 60 }), fc.nat(15))), (placed) => {
      const words = new Map(placed.filter(([word]) => word !== "" && !word.includes("\0")));
      expect(decodeTsvector(encodeTsvector(words))).toEqual(words);
    }),
  );
  expect([
    ...decodeTsvector(
      encodeTsvector(
        new Map([
          ["", 1],
          ["x".repeat(2_047), 1],
          ["y".repeat(2_046), 9],
        ]),
      ),
    ),
  ]).toEqual([["y".repeat(2_046), 9]]);
});

test("rows beyond the limit are refused, and the buffer can be used again", () => {
  const buffer = new CopyBuffer({ bytesMax: 128 * 1024 });
  buffer.startRow(1);
  expect(() => buffer.bytea(randomBytes(128 * 1024))).toThrow(CopyBufferFullError);
  buffer.clear();
  buffer.startRow(1);
  buffer.bytea(randomBytes(100 * 1024));
  expect(buffer.finish().length).toBe(buffer.byteLength);
});

async function thingsDatabase(poolSize = 2) {
  const db = await testDatabase({ poolSize });
  await db.database.query({ text: `create table things (${COLUMNS}, primary key (id))` });
  return db;
}

function copyThings(database: Database, buffer: CopyBuffer): Promise<number> {
  return withTransaction(database, (tx) => copyBinary(tx, TARGET, buffer));
}

function someThing(): Thing {
  return {
    id: randomUUID(),
    small: 1,
    middle: 2,
    large: 3,
    note: "",
    bytes: Buffer.alloc(0),
    at: new Date(),
    tags: {},
  };
}

function writeThing(buffer: CopyBuffer, thing: Thing, words: ReadonlyMap<string, number> = new Map()): void {
  buffer.startRow(9);
  buffer.uuid(thing.id);
  buffer.int2(thing.small);
  buffer.int4(thing.middle);
  buffer.int8(thing.large);
  buffer.text(thing.note);
  buffer.bytea(thing.bytes);
  buffer.timestamptz(thing.at.getTime());
  buffer.jsonb(JSON.stringify(thing.tags));
  buffer.bytea(encodeTsvector(words));
}
