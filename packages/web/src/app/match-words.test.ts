import { expect, test } from "vitest";
import { matchWords } from "./match-words.ts";

test.each([
  ["", "Dashboard", 0],
  ["dash", "Dashboard", 0],
  ["shop", "Web shop", 1],
  ["board", "Dashboard", 2],
  ["shop dash", "Web shop: Dashboard", 1],
  ["shop x", "Web shop", undefined],
])("%j fits to %j with %j", (query, name, rank) => {
  expect(matchWords(query, name)).toBe(rank);
});
