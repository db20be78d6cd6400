import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sliceElements } from "./array-elements.ts";

function elementsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  return sliceElements(bytes).map(({ offset, length }) => bytes.toString("utf8", offset, offset + length));
}

test("elements are found without the spaces around them", () => {
  expect(elementsOf(' [ {"a": [1, 2]} , "x,]\\"" ,\n7,null , [] ] ')).toEqual([
    '{"a": [1, 2]}',
    '"x,]\\""',
    "7",
    "null",
    "[]",
  ]);
  expect(elementsOf("[]")).toEqual([]);
});

test("the slices of any array are its elements", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.nat(3), (elements, indent) => {
      const found = elementsOf(JSON.stringify(elements, null, indent)).map((text): unknown => JSON.parse(text));
      expect(found).toEqual(JSON.parse(JSON.stringify(elements)));
    }),
  );
});
