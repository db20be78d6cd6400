import { expect, test } from "vitest";
import { normalized } from "../normalize/normalize-testing.ts";
import { searchedTags } from "./searched-tags.ts";

test("an event is found by what Sentry's users search like tags, and by its own tags before that", () => {
  const event = normalized({
    message: "x",
    tags: { plan: "free", browser: "mine", empty: "" },
    user: { id: 7, email: "ann@example.com" },
    transaction: "/pay",
    server_name: "web-1",
    request: {
      url: "https://example.com/pay?card=1#top",
      headers: {
        "User-Agent":
          "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.109 Safari/537.36",
      },
    },
    contexts: { os: { name: "Linux", version: "6.8" }, runtime: { name: "node" } },
    exception: { type: "CardError", value: "declined", mechanism: { type: "generic", handled: false } },
  });
  expect(searchedTags(event)).toEqual({
    plan: "free",
    browser: "mine",
    "browser.name": "Chrome",
    os: "Linux 6.8",
    "os.name": "Linux",
    runtime: "node",
    "user.id": "7",
    "user.email": "ann@example.com",
    transaction: "/pay",
    server_name: "web-1",
    url: "https://example.com/pay",
    "error.type": "CardError",
    mechanism: "generic",
    handled: "no",
  });
});

test("a context of the browser goes before what its request says", () => {
  const event = normalized({
    message: "x",
    contexts: { browser: { name: "Firefox", version: "131.0" } },
    request: { headers: { "user-agent": "Chrome/1" } },
  });
  expect(searchedTags(event)).toMatchObject({ browser: "Firefox 131.0", "browser.name": "Firefox" });
});

test("long values are shortened, and a user agent that nobody knows names no browser", () => {
  const event = normalized({
    message: "x",
    request: { url: `https://e.com/${"a".repeat(900)}`, headers: { "user-agent": "?" } },
  });
  expect(Object.keys(searchedTags(event))).toEqual(["url"]);
  expect(searchedTags(event)["url"]).toHaveLength(200);
});

test("a request that says nothing of its browser, or an empty word, has no browser, and the event is kept", () => {
  for (const headers of [[["User-Agent", ""]], [["User-Agent", null]], { "user-agent": "" }, []])
    expect(searchedTags(normalized({ message: "x", request: { headers } }))["browser"]).toBeUndefined();
});
