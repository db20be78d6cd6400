import Fastify from "fastify";
import { expect, test } from "vitest";
import { refuseHarmful } from "./harmful-requests.ts";

async function post(payload: string) {
  const app = Fastify();
  refuseHarmful(app);
  app.setErrorHandler((error: Error, _, reply) => reply.status(400).send(error.message));
  app.post("/", () => "taken");
  return (await app.inject({ method: "POST", url: "/", headers: { "content-type": "application/json" }, payload }))
    .body;
}

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

test.each([
  ["an ordinary body", '{"name":"Back-end 😀","list":[1,null,true]}', "taken"],
  ["200 levels", nested(200), "taken"],
  ["more levels than a stack has room for", nested(100_000), "a body may be nested 200 levels deep"],
  ["half a character", '{"name":"\\ud800"}', "the texts of a body must be well-formed Unicode"],
  ["half a character deep within", '{"a":[{"b":["\\udc00x"]}]}', "the texts of a body must be well-formed Unicode"],
  ["half a character as a name", '{"a":{"\\ud800":1}}', "the texts of a body must be well-formed Unicode"],
])("%s", async (_name, body, answer) => {
  expect(await post(body)).toBe(answer);
});
