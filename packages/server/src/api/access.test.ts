import { fastify } from "fastify";
import { describe, expect, test } from "vitest";
import { type Actor, SCOPE_NAMES } from "../organizations/access.ts";
import { enforceAccess } from "./access.ts";
import { RequestRefusedError } from "./api-error.ts";

const owner: Actor = {
  kind: "token",
  organizationId: "o",
  role: "owner",
  name: "t",
  scopes: SCOPE_NAMES,
  isOperator: false,
};

function appOf(actor: Actor | undefined) {
  const app = fastify();
  app.setErrorHandler((error, _request, reply) =>
    error instanceof RequestRefusedError ? reply.code(error.status).send(error.body) : reply.send(error),
  );
  const routes = enforceAccess(app, {
    publicUrl: undefined,
    authenticatePerson: async () => {
      throw new RequestRefusedError(401, "unauthorized", "sign in first");
    },
    authenticate: async () => {
      if (actor === undefined) throw new RequestRefusedError(401, "unauthorized", "who is it?");
      return actor;
    },
  });
  return { app, routes };
}

describe("[C-130] every route declares who may use it", () => {
  test("a route that declares nothing stops the start and is named", async () => {
    const { app } = appOf(owner);
    app.get("/forgotten", async () => "open to all");
    await expect(app.ready()).rejects.toThrow("GET /forgotten declares no access");
  });

  test("declared routes are listed, each method once", async () => {
    const { app, routes } = appOf(owner);
    app.get("/a", { config: { access: "open" } }, async () => "a");
    app.post("/b", { config: { access: { role: "admin", scope: "org:admin" } } }, async () => "b");
    await app.ready();
    expect(routes).toMatchObject([
      { method: "GET", url: "/a", access: "open" },
      { method: "POST", url: "/b", access: { role: "admin", scope: "org:admin" } },
    ]);
  });

  test.each([
    ["nobody", undefined, 401, "unauthorized"],
    ["too low a role", { ...owner, role: "member" }, 403, "forbidden"],
    ["a token without the scope", { ...owner, scopes: ["event:read"] }, 403, "missing_scope"],
    ["the role and the scope", { ...owner, role: "admin" }, 200, undefined],
  ] as const)("%s", async (_name, actor, status, code) => {
    const { app } = appOf(actor);
    app.post("/b", { config: { access: { role: "admin", scope: "org:admin" } } }, async () => ({ done: true }));
    const response = await app.inject({ method: "POST", url: "/b" });
    expect([response.statusCode, response.json().code]).toEqual([status, code]);
  });

  test("what is no route is not found, whoever asks", async () => {
    const { app } = appOf(undefined);
    expect((await app.inject({ method: "GET", url: "/nothing" })).statusCode).toBe(404);
  });
});
