/** Three machines of which one is cut off from the others, and from everybody else, while its way to the database stays. */
import { expect, test } from "vitest";
import { testDatabase } from "../src/database.ts";
import { type Machine, Machines, settled, viewOf } from "../src/machines.ts";
import { Namespaces } from "../src/namespaces.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { StreamClient } from "../src/stream-client.ts";
import { waitUntil } from "../src/wait-until.ts";

const missing = await Namespaces.missing();
if (missing !== undefined) process.stderr.write(`Splits between machines are not tested: ${missing}\n`);

test.skipIf(missing !== undefined)(
  "[SD-50] after a split of two and one heals, peers, names and streams agree, and nothing is lost or doubled",
  async () => {
    await using db = await testDatabase();
    await using machines = await Machines.start(3, db.url);
    await settled(machines, 60_000);
    const [first, second, third] = machines.all;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error("there are no three machines");
    const send = async (dsn: string) => {
      const event_id = newEventId();
      const response = await sendEvent(dsn, { event_id, message: "Payment failed", level: "error" });
      expect(response.status).toBe(200);
      return event_id;
    };
    expect((await viewOf(first))?.leader).toBe(first.name);
    await using clients = new AsyncDisposableStack();
    const listen = async ({ node }: Machine, query = "") =>
      clients.use(
        await StreamClient.open(`${node.url.replace("http", "ws")}/ws/stream/projects/default${query}`, {
          authorization: `Bearer ${node.token}`,
        }),
      );
    const [onFirst, ...onOthers] = await Promise.all(machines.all.map((machine) => listen(machine)));
    if (onFirst === undefined) throw new Error("there are no three machines");
    const sent: string[] = [];
    for (const { node } of machines.all) sent.push(await send(node.dsn));
    const watchers = [onFirst, ...onOthers];
    for (const watcher of watchers)
      await waitUntil("what was sent before", async () => sent.every((id) => watcher.eventIds.includes(id)));
    const lastId = onFirst.all("event").at(-1)?.id;

    // What was sent to the first is in its journal or on its way when nobody hears it any more.
    sent.push(...(await Promise.all(Array.from({ length: 20 }, () => send(first.node.dsn)))));
    await machines.cutOff(first);
    await waitUntil(
      "the two to see it, and to agree on another leader",
      async () => {
        const [one, other] = await Promise.all([second, third].map(viewOf));
        return one !== undefined && one.leader === other?.leader && one.leader !== first.name;
      },
      60_000,
    );
    for (const watcher of onOthers) await watcher.next("gap");
    for (const { node } of [second, third]) for (let n = 0; n < 10; n += 1) sent.push(await send(node.dsn));

    await machines.reconnect(first);
    await settled(machines, 60_000);
    // The one that had the name first has it again, on every node.
    for (const machine of machines.all) expect((await viewOf(machine))?.leader).toBe(first.name);
    // Who listens to the one that was cut off hears it when the network is back, or was taken for gone by it; then it hears it at
    // its return. So does everybody who was there before the split, on whichever node.
    await waitUntil("the gap", async () => onFirst.all("gap").length > 0 || onFirst.closeCode !== undefined, 60_000);
    for (const machine of machines.all) {
      const back = await listen(machine, `?last_id=${lastId}`);
      expect((await back.next("subscribed")).start).toBe("gap");
    }
    const listeners = await Promise.all(machines.all.map((machine) => listen(machine)));
    const after = await Promise.all(machines.all.map(({ node }) => send(node.dsn)));
    sent.push(...after);
    for (const listener of listeners) {
      await waitUntil("every event to be heard", async () => after.every((id) => listener.eventIds.includes(id)));
      expect(listener.eventIds.filter((id) => after.includes(id)).toSorted()).toEqual(after.toSorted());
    }
    const countsOf = async () => {
      const { rows } = await db.database.query<{ rows: number; ids: number; counted: number }>({
        text: `
          select count(*)::int as rows, count(distinct event_id)::int as ids,
            (select coalesce(sum(count), 0)::int from outcome_counts where outcome = 'stored') as counted
          from events`,
      });
      return rows[0] ?? { rows: 0, ids: 0, counted: 0 };
    };
    await waitUntil("all to be stored", async () => (await countsOf()).rows >= sent.length, 60_000);
    expect(await countsOf()).toEqual({ rows: sent.length, ids: sent.length, counted: sent.length });
  },
  240_000,
);
