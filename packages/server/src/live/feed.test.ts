import { expect, test } from "vitest";
import { createLog } from "../runtime/log.ts";
import { parseStreamSearch, STREAM_SEARCHES_MAX } from "../search/stream-search.ts";
import { Feed, SEARCHES_MAX, TooManySearchesError } from "./feed.ts";
import { feedNode } from "./feed-testing.ts";

const log = createLog({ level: "error", format: "json" });
const countUnresolved = async () => 0;

test("a node asks no more searches than it may, however many come at once", async () => {
  const told = Promise.withResolvers<[]>();
  const node = feedNode({ list: () => ["peer"], tellPeer: () => told.promise });
  const feed = new Feed({ node, countUnresolved, log });
  const watching = Promise.allSettled(
    Array.from({ length: SEARCHES_MAX + 1 }, (_, n) =>
      feed.watch(`project${Math.floor(n / STREAM_SEARCHES_MAX)}`, parseStreamSearch(`word${n}`)),
    ),
  );
  told.resolve([]);
  const refused = (await watching).filter(({ status }) => status === "rejected");
  expect(refused).toEqual([{ status: "rejected", reason: expect.any(TooManySearchesError) }]);
  expect(feed.watched.flatMap(({ searches }) => searches)).toHaveLength(SEARCHES_MAX);
  await feed.stop();
});
