import { expect, test } from "vitest";
import { type Service, startServices } from "./service.ts";

function recorder(journal: string[], name: string, faults: { start?: string; stop?: string } = {}): Service {
  return {
    name,
    async start() {
      if (faults.start) throw new Error(faults.start);
      journal.push(`start ${name}`);
    },
    async stop() {
      journal.push(`stop ${name}`);
      if (faults.stop) throw new Error(faults.stop);
    },
  };
}

test("services start in order and stop in reverse, once", async () => {
  const journal: string[] = [];
  const stop = await startServices([recorder(journal, "a"), recorder(journal, "b")]);
  await stop();
  await stop();
  expect(journal).toEqual(["start a", "start b", "stop b", "stop a"]);
});

test("a service that cannot start stops those before it and is named", async () => {
  const journal: string[] = [];
  const starting = startServices([recorder(journal, "a"), recorder(journal, "b", { start: "no port" })]);
  await expect(starting).rejects.toThrow("b could not start");
  expect(journal).toEqual(["start a", "stop a"]);
});

test("every service is stopped although one fails to", async () => {
  const journal: string[] = [];
  const stop = await startServices([recorder(journal, "a"), recorder(journal, "b", { stop: "stuck" })]);
  await expect(stop()).rejects.toThrow("b did not stop cleanly");
  expect(journal).toEqual(["start a", "start b", "stop b", "stop a"]);
});
