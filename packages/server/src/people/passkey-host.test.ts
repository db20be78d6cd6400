import { expect, test } from "vitest";
import { passkeyHostOf } from "./passkey-host.ts";

test.each([
  [undefined, "localhost"],
  ["http://localhost:8080", "localhost"],
  ["http://mesher.localhost:8080", "mesher.localhost"],
  ["https://errors.example.com", "errors.example.com"],
  ["https://tools.example.com:8443/mesher", "tools.example.com"],
  ["http://errors.example.com", undefined],
  ["https://192.0.2.7", undefined],
  ["https://[2001:db8::7]:8443", undefined],
  ["http://127.0.0.1:8080", undefined],
])("passkeys of a server at %s are for %s", (publicUrl, host) => {
  expect(passkeyHostOf(publicUrl)).toBe(host);
});
