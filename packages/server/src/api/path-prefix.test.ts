import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { pathPrefixOf, takePrefixOff } from "./path-prefix.ts";

test.each([
  [undefined, ""],
  ["https://mesher.example.com", ""],
  ["https://example.com/mesher", "/mesher"],
  ["https://example.com/tools/mesher/", "/tools/mesher"],
])("the prefix of %s is %j", (publicUrl, prefix) => {
  expect(pathPrefixOf(publicUrl)).toBe(prefix);
});

test.each([
  ["/mesher/api/1/envelope/?sentry_key=k", "/api/1/envelope/?sentry_key=k"],
  ["/api/1/envelope/", "/api/1/envelope/"],
  ["/mesher", "/"],
  ["/mesher?period=7d", "/?period=7d"],
  ["/mesher/", "/"],
  ["/mesherly/api", "/mesherly/api"],
])("%s is %s to whatever answers it", (url, rest) => {
  const request = { url } as IncomingMessage;
  takePrefixOff(request, "/mesher");
  expect(request.url).toBe(rest);
});
