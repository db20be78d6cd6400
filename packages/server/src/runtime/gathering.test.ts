import { expect, test } from "vitest";
import { Gathering } from "./gathering.ts";

test("those of one turn take each step one after the other, those of the next turn come behind them", async () => {
  const gathering = new Gathering();
  const steps: string[] = [];
  const go = async (name: string) => {
    await gathering.join();
    steps.push(`${name} begins`);
    await Promise.resolve();
    steps.push(`${name} ends`);
  };
  const first = [go("a"), go("b")];
  expect(steps).toEqual([]);
  await Promise.all(first);
  await go("c");
  expect(steps).toEqual(["a begins", "b begins", "a ends", "b ends", "c begins", "c ends"]);
});
