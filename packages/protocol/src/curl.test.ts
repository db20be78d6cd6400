import { expect, test } from "vitest";
import { curlOf } from "./curl.ts";

test("a plain read needs no more than the address", () => {
  expect(curlOf({ url: "http://localhost/a", method: "GET" })).toBe("curl 'http://localhost/a'");
});

test("a form goes out as JSON, with its headers and cookies, without those that curl sets", () => {
  const command = curlOf({
    url: "http://localhost/a",
    method: "put",
    query_string: [["q", "x y"]],
    headers: [
      ["Host", "localhost"],
      ["Accept", "text/html"],
    ],
    cookies: [
      ["a", "1"],
      ["b", "2"],
    ],
    data: { name: "Ann" },
  });
  expect(command?.split(" \\\n  ")).toEqual([
    "curl 'http://localhost/a?q=x+y'",
    "-X 'PUT'",
    "-H 'Accept: text/html'",
    "-H 'content-type: application/json'",
    "-b 'a=1; b=2'",
    `--data-raw '{"name":"Ann"}'`,
  ]);
});

test("whatever an event holds stays inside its quotes", () => {
  expect(curlOf({ url: "http://localhost/'; rm -rf /; '" })).toBe(`curl 'http://localhost/'\\''; rm -rf /; '\\'''`);
});

test("without an address there is no command", () => {
  expect(curlOf({ method: "GET" })).toBeUndefined();
});
