import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { openDatabase } from "../../db/database.ts";
import { faultOf } from "./fault.ts";

test.each([
  ["a server that does not know the question", "?"],
  ["a broken handshake", "SHTTP/1.1 400 Bad Request\r\n\r\n"],
])("no entry is to blame for %s in place of the database", async (_what, answer) => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `postgresql://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/mesher?sslmode=require`;
  await using database = openDatabase({ url, applicationName: "test", log: () => {} });
  const error = await database.query({ text: "select 1" }).then(
    () => expect.fail("that is no database"),
    (reason: unknown) => reason,
  );
  server.close();
  expect(faultOf(error)).toBe("database");
  expect(faultOf(new TypeError("our own fault, while an entry is made ready"))).toBe("entry");
});
