import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { describeOwnApi } from "./describe-own-api.ts";

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
