import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { openDatabase } from "../../db/database.ts";
import { faultOf } from "./fault.ts";

test("an entry is not to blame for whoever answers in place of the database", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `postgresql://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/mesher`;
  await using database = openDatabase({ url, applicationName: "test", log: () => {} });
  const error = await database.query({ text: "select 1" }).then(
    () => expect.fail("that is no database"),
    (reason: unknown) => reason,
  );
  server.close();
  expect(faultOf(error)).toBe("database");
  expect(faultOf(new TypeError("our own fault, while an entry is made ready"))).toBe("entry");
});
