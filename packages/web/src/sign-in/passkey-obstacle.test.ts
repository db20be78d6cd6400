import { expect, test } from "vitest";
import { passkeyObstacle } from "./passkey-obstacle.ts";

const at = (hostname: string, hasPasskeys = true) => ({ hostname, hasPasskeys });
const server = (passkey_host: string | null) => ({ single_sign_on: false, passkey_host });

test("passkeys are offered where browser and server agree on the host, and else the reason is said", () => {
  const host = "errors.example.com";
  expect(passkeyObstacle(server(host), at(host))).toBeUndefined();
  expect(passkeyObstacle(server("example.com"), at(host))).toBeUndefined();
  expect(passkeyObstacle(server("localhost"), at("127.0.0.1"))).toMatch(/work at localhost only/);
  expect(passkeyObstacle(server(host), at("not-errors.example.com"))).toMatch(/only/);
  expect(passkeyObstacle(server(null), at("192.0.2.7"))).toMatch(/need https and a host name/);
  expect(passkeyObstacle(server(host), at(host, false))).toMatch(/browser has no passkeys/);
});
