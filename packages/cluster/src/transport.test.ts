import { expect, test } from "vitest";
import { parseTransport, TransportError } from "./transport.ts";

test("nothing and mesh are the mesh", () => {
  expect(parseTransport("")).toBeUndefined();
  expect(parseTransport(" mesh ")).toBeUndefined();
});

test("a NATS server is read with its port, its encryption and what it takes to log in, which is never shown", () => {
  expect(parseTransport("nats://broker")).toEqual({
    servers: ["broker:4222"],
    isEncrypted: false,
    shown: "nats://broker:4222",
  });
  expect(parseTransport("tls://us%40er:p%3Ass@a:1, tls://[::1]:2/")).toEqual({
    servers: ["a:1", "[::1]:2"],
    isEncrypted: true,
    user: "us@er",
    password: "p:ss",
    shown: "tls://a:1,tls://[::1]:2",
  });
  expect(parseTransport("nats://secret@broker:1")).toMatchObject({ token: "secret", shown: "nats://broker:1" });
});

test.each([
  "http://broker",
  "broker:4222",
  "nats://",
  "nats://a/path",
  "nats://a,tls://b",
  "mesh,nats://a",
  "nats://a?x",
])("%s is refused", (text) => {
  expect(() => parseTransport(text)).toThrow(TransportError);
});

test("an error never quotes what may hold a password", () => {
  expect(() => parseTransport("http://user:hunter2@broker")).toThrow(/^(?!.*hunter2)/);
});
