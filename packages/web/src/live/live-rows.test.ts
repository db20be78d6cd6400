import type { EventStored, StreamMessage } from "@mesher/protocol";
import { expect, test } from "vitest";
import { LiveRowStore, ROWS_MAX } from "./live-rows.ts";

/** A feed and a browser that paints when it is told to. */
function startWorld() {
  let hear: (message: StreamMessage) => void = () => undefined;
  const due: (() => void)[] = [];
  let painted = 0;
  const store = new LiveRowStore(
    {
      listen: (listener) => {
        hear = listener;
        return () => undefined;
      },
    },
    { request: (show) => due.push(show), cancel: () => undefined },
  );
  store.subscribe(() => {
    painted += 1;
  });
  return {
    store,
    tell: (message: StreamMessage) => hear(message),
    frame: () => due.splice(0).forEach((show) => show()),
    painted: () => painted,
    keys: () => Array.from({ length: store.read().size }, (_, index) => store.rowAt(index)?.key),
  };
}

const event = (id: string) => ({ type: "event", event_id: id }) as EventStored & { id: string };

test("what comes within a frame is painted once, the newest on top", () => {
  const { tell, frame, keys, painted } = startWorld();
  for (const id of ["a", "b", "c"]) tell(event(id));
  expect(painted()).toBe(0);
  frame();
  expect(keys()).toEqual(["c", "b", "a"]);
  expect(painted()).toBe(1);
});

test("while it is paused what comes waits and is counted, and all of it is shown when it goes on", () => {
  const { store, tell, frame, keys } = startWorld();
  tell(event("a"));
  frame();
  store.pause(true);
  tell(event("b"));
  tell({ type: "dropped", count: 4 });
  frame();
  expect(keys()).toEqual(["a"]);
  expect(store.read().waiting).toBe(1);
  store.pause(false);
  expect(keys()).toEqual(["notice 1", "b", "a"]);
  expect(store.read().waiting).toBe(0);
});

test("what is missing is a row in its place", () => {
  const { store, tell, frame } = startWorld();
  tell({ type: "dropped", count: 7 });
  tell({ type: "subscribed", id: "1", project_id: "p", start: "gap", filters: {} });
  tell({ type: "subscribed", id: "2", project_id: "p", start: "resumed", filters: {} });
  tell({ type: "gap", id: "3", project_id: "p" });
  frame();
  expect([store.rowAt(0), store.rowAt(1), store.rowAt(2)]).toMatchObject([
    { kind: "gap" },
    { kind: "gap" },
    { kind: "dropped", count: 7 },
  ]);
  expect(store.read().size).toBe(3);
});

test("the oldest make room, also while nobody looks", () => {
  const { store, tell, frame } = startWorld();
  for (let index = 0; index < 3 * ROWS_MAX; index += 1) tell(event(String(index)));
  frame();
  expect(store.read().size).toBe(ROWS_MAX);
  expect(store.rowAt(0)?.key).toBe(String(3 * ROWS_MAX - 1));
  expect(store.rowAt(ROWS_MAX - 1)?.key).toBe(String(2 * ROWS_MAX));
});

test("clearing leaves it paused, and forgets what waits", () => {
  const { store, tell, frame } = startWorld();
  store.pause(true);
  tell(event("a"));
  frame();
  store.clear();
  expect(store.read()).toMatchObject({ size: 0, waiting: 0, isPaused: true });
  store.pause(false);
  expect(store.read().size).toBe(0);
});
