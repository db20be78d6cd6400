import { expect, onTestFinished, test, vi } from "vitest";
import { type DigestResult, DigestWorker } from "./digest-worker.ts";

const PROMPTED_WORKER = new URL("./fixtures/prompted-worker.ts", import.meta.url);

test("the time that a worker has to answer for a batch begins again when the batch is digested", async () => {
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  let wake = () => {};
  const next = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  const ready = next();
  const worker = new DigestWorker(
    { url: PROMPTED_WORKER, databaseUrl: "", answerMsMax: 1_000 },
    { onReady: () => wake(), onTold: () => wake(), onDeath: () => wake() },
  );
  await ready;
  const give = async (ticket: number) => {
    const heard = next();
    const result = worker.digest({ ticket, ...BATCH, bytes: new Uint8Array(8) });
    await heard;
    return { result };
  };

  const { result } = await give(1);
  const ended = result.then(({ kind }) => kind);
  vi.advanceTimersByTime(900);
  await give(2);
  vi.advanceTimersByTime(900);
  await give(3);
  vi.useRealTimers();
  expect(await ended).toBe("stored" satisfies DigestResult["kind"]);
  await worker.end();
});

const BATCH = { journalId: "j", epoch: 1, firstSequence: 1, lastSequence: 1, doneThrough: 0, watched: [] };
