import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { createDataDir } from "@mesher/testkit";
import { expect, test } from "vitest";
import { ReplicaStore } from "./replica-store.ts";

const open = (directory: string) => ReplicaStore.open({ directory, bytesMax: 1e9, segmentBytes: 4_000 });
const copyOf = (owner: string) => ({
  begin: { kind: "begin", owner },
  of: { journal_id: randomUUID(), term: "a-term" },
});

test("a store closes although an owner, which stops at the same time, ends its copy", async () => {
  await using place = await createDataDir();
  const store = await open(place.path);
  const [first, second] = [copyOf("a"), copyOf("b")];
  for (const { begin, of } of [first, second]) await store.hear({ ...begin, ...of });
  const closed = store.close();
  await store.hear({ kind: "end", ...second.of });
  await expect(closed).resolves.toBeUndefined();
});

test("a copy is kept although the disk cannot read whose it is; one that had not begun goes", async () => {
  await using place = await createDataDir();
  const store = await open(place.path);
  const { begin, of } = copyOf("a");
  await store.hear({ ...begin, ...of });
  await store.close();
  const [copy] = store.list();
  rmSync(`${copy?.directory}/owner`);
  // What reading it fails with is not that it is not there.
  mkdirSync(`${copy?.directory}/owner`);
  mkdirSync(`${place.path}/${randomUUID()}.not-begun`);
  const kept = (await open(place.path)).list();
  expect(kept.map(({ journalId, owner }) => [journalId, owner])).toEqual([[of.journal_id, ""]]);
  expect(existsSync(copy?.directory ?? "")).toBe(true);
});

test("a copy that cannot begin leaves nothing behind", async () => {
  await using place = await createDataDir();
  const store = await open(place.path);
  const { begin, of } = copyOf("a");
  // As on a full disk: there is a folder, and nothing can be written into it.
  const directory = `${place.path}/${of.journal_id}.${of.term}`;
  mkdirSync(`${directory}/identity.json.new`, { recursive: true });
  await expect(store.hear({ ...begin, ...of })).rejects.toThrow("EISDIR");
  expect(existsSync(directory)).toBe(false);
});
