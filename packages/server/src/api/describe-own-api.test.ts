import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Type } from "typebox";
import { expect, test } from "vitest";
import { describeOwnApi } from "./describe-own-api.ts";
import { checkedExample } from "./openapi/example.ts";

const description = await describeOwnApi();
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);

test("the description is OpenAPI 3.1, as a validator has it", async () => {
  const validator = new Validator();
  const result = await validator.validate(JSON.parse(JSON.stringify(description)));
  expect(result.errors ?? []).toEqual([]);
  expect([result.valid, validator.version]).toEqual([true, "3.1"]);
});

test("[C-130] every route tells what it does, who may use it, and how it answers and refuses", () => {
  expect(operations.length).toBeGreaterThan(80);
  const ids = operations.map(({ operation }) => operation["operationId"]);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { name, operation } of operations) {
    expect([name, operation]).toEqual([
      name,
      expect.objectContaining({
        summary: expect.stringMatching(/^[A-Z]/),
        description: expect.stringMatching(/\*\*(Open to|For) .+\.\*\*/),
        security: expect.any(Array),
      }),
    ]);
    const responses = operation["responses"] as Record<string, unknown>;
    const isOpen = operation["x-access"] === "open";
    expect([name, Object.keys(responses).some((status) => /^[23]/.test(status))]).toEqual([name, true]);
    expect([name, isOpen || ("401" in responses && "403" in responses)]).toEqual([name, true]);
    expect([name, !name.includes("{") || "404" in responses]).toEqual([name, true]);
  }
});

test("what is told of entity tags is told of the routes that have them, and of no other", () => {
  const tagged = operations.filter(({ operation }) => JSON.stringify(operation["parameters"]).includes("IfNoneMatch"));
  expect(tagged.length).toBeGreaterThan(30);
  expect(tagged.filter(({ name }) => !name.startsWith("GET /api/v1/"))).toEqual([]);
  expect(operations.filter(({ operation }) => "304" in (operation["responses"] as object))).toEqual(tagged);
});

test("every shape that is referred to is there, and every one that is there is used", () => {
  const { schemas } = description.components as { schemas: Record<string, unknown> };
  const text = JSON.stringify(description);
  const used = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
  expect([...used].filter((name) => name === undefined || !(name in schemas))).toEqual([]);
  expect(Object.keys(schemas).filter((name) => !used.has(name))).toEqual([]);
});

test("every shape is a JSON schema that a validator can use", () => {
  const ajv = new Ajv2020({ validateFormats: false });
  ajv.addKeyword("components");
  ajv.addSchema({ $id: "api", components: description.components });
  const { schemas } = description.components as { schemas: Record<string, unknown> };
  for (const name of Object.keys(schemas)) {
    const validate = ajv.getSchema(`api#/components/schemas/${name}`);
    expect([name, validate?.("no object")]).toEqual([name, false]);
  }
});

test("every request and every answer has an example that is of its shape, as another validator has it", () => {
  const ajv = new Ajv2020({ validateFormats: false, strict: false });
  ajv.addSchema({ $id: "api", components: description.components });
  for (const { name, operation } of operations) {
    const body = operation["requestBody"] as { content: Content } | undefined;
    const responses = operation["responses"] as Record<string, { content?: Content }>;
    const [status] = Object.keys(responses).filter((each) => each.startsWith("2"));
    for (const content of [body?.content, status === undefined ? undefined : responses[status]?.content]) {
      for (const { schema, example } of Object.values(content ?? {})) {
        const inPlace = JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components')) as object;
        const validate = ajv.compile(inPlace);
        expect([name, example !== undefined && validate(example), validate.errors]).toEqual([name, true, null]);
      }
    }
  }
});

type Content = Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>;

test("an example that is not of its shape stops the description, and says whose it is", () => {
  const shape = Type.Object({ minutes: Type.Integer({ minimum: 0 }) });
  expect(checkedExample(shape, { minutes: 5 }, "a silence")).toEqual({ minutes: 5 });
  for (const wrong of [{ minutes: -1 }, { minutes: "5" }, {}])
    expect(() => checkedExample(shape, wrong, "a silence")).toThrow(/^the example of a silence is not of its shape: /);
});

test("servers and lines for a shell name the address under which people reach the server, with its path", async () => {
  expect(description["servers"]).toEqual([{ url: "/" }]);
  const told = await describeOwnApi("https://tools.example.com/mesher");
  expect(told["servers"]).toEqual([{ url: "https://tools.example.com/mesher" }]);
  const operation = told.paths["/api/v1/projects/{project}/alert-rules"]?.["post"];
  for (const part of [
    "curl 'https://tools.example.com/mesher/api/v1/projects/shop/alert-rules'",
    "-H 'authorization: Bearer mshr_…'",
    `--data-raw '{"name":"Checkout is on fire"`,
  ])
    expect(operation).toMatchObject({ description: expect.stringContaining(part) });
});
