import { expect, test } from "vitest";
import { methodsAt } from "./other-methods.ts";

const routes = [
  { method: "GET", url: "/api/v1/projects", config: {} },
  { method: "POST", url: "/api/v1/projects", config: {} },
  { method: "PATCH", url: "/api/v1/projects/:project", config: {} },
  { method: "POST", url: "/api/v1/projects/:project/delete", config: {} },
  { method: "GET", url: "/*", config: { isFile: true } },
];

test.each([
  ["/api/v1/projects", "GET, HEAD, POST"],
  ["/api/v1/projects?limit=1", "GET, HEAD, POST"],
  ["/api/v1/projects/web%2Fshop", "PATCH"],
  ["/api/v1/projects/web/delete", "POST"],
  ["/api/v1/projects/", undefined],
  ["/api/v1/projects/web/keys", undefined],
  ["/api/v2/projects", undefined],
  ["/*", undefined],
])("%s takes %s", (address, methods) => {
  expect(methodsAt(routes, address)).toBe(methods);
});
