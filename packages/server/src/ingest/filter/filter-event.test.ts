import { type Event, INBOUND_FILTERS_DEFAULT, type InboundFilters } from "@mesher/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalizeEvent } from "../normalize/normalize.ts";
import { createFilter, type Sender } from "./filter-event.ts";
import { compileGlob } from "./glob.ts";
import { isIpRange } from "./ip-range.ts";

const eventOf = (payload: object): Event =>
  normalizeEvent(payload, { receivedAtMs: 0, eventId: "0".repeat(32), source: "sentry" }).event;
const filter = (filters: Partial<InboundFilters>, payload: object, sender: Sender = {}) =>
  createFilter({ ...INBOUND_FILTERS_DEFAULT, ...filters })(eventOf(payload), sender);
const thrown = (value: string, abs_path = "https://shop.example/app.js") => ({
  platform: "javascript",
  exception: {
    values: [{ type: "Error", value, stacktrace: { frames: [{ abs_path }, { abs_path: "<anonymous>" }] } }],
  },
});
const browsedWith = (userAgent: string) => ({ request: { headers: { "User-Agent": userAgent } } });

test("without filters every event passes", () => {
  expect(filter({}, thrown("fb_xd_fragment"), { clientIp: "127.0.0.1", userAgent: "Googlebot/2.1" })).toBeUndefined();
});

describe("browser extensions", () => {
  test.each([
    thrown("fb_xd_fragment is not defined"),
    thrown("Extension context invalidated."),
    thrown("x", "chrome-extension://abc/content.js"),
    thrown("x", "https://gc.kaspersky-labs.com/main.js"),
    thrown("x", "safari-web-extension://abc/a.js"),
  ])("%j is dropped", (payload) => {
    expect(filter({ browser_extensions: true }, payload)).toBe("browser_extensions");
  });

  test.each([thrown("x is not defined"), thrown("x", "https://shop.example/chrome-extension.js"), { message: "x" }])(
    "%j passes",
    (payload) => expect(filter({ browser_extensions: true }, payload)).toBeUndefined(),
  );
});

test.each([
  ["http://localhost:3000/a", "localhost"],
  ["http://127.0.0.1/", "localhost"],
  ["http://[::1]:8080/", "localhost"],
  ["https://shop.localhost/", "localhost"],
  ["https://shop.example/?from=localhost", undefined],
  ["https://localhost.example/", undefined],
  ["not a url", undefined],
])("of a page at %s the localhost filter says %s", (url, reason) => {
  expect(filter({ localhost: true }, { request: { url } })).toBe(reason);
});

describe("web crawlers", () => {
  test.each([
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; HubSpot Crawler; web-crawlers@hubspot.com)",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)",
  ])("%s is one", (agent) => expect(filter({ web_crawlers: true }, browsedWith(agent))).toBe("web_crawlers"));

  test.each([
    "Slackbot 1.0(+https://api.slack.com/robots)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 [FBAN/FBIOS;FBAV/480.0]",
    "robotics-client 2",
  ])("%s is none", (agent) => expect(filter({ web_crawlers: true }, browsedWith(agent))).toBeUndefined());

  test("the agent of the request counts where a browser sends the event itself, and not where a server does", () => {
    const sender = { userAgent: "Googlebot/2.1" };
    expect(filter({ web_crawlers: true }, { platform: "javascript" }, sender)).toBe("web_crawlers");
    expect(filter({ web_crawlers: true }, { platform: "python" }, sender)).toBeUndefined();
  });
});

describe("legacy browsers", () => {
  test.each([
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.0; Trident/4.0)",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 520)",
    "Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko",
    "Opera/9.80 (J2ME/MIDP; Opera Mini/7.0.32796/59.323; U; fr) Presto/2.12.423 Version/12.16",
    "Opera/9.80 (X11; Linux i686; Ubuntu/14.10) Presto/2.12.388 Version/12.16",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/27.0.1453.12 Safari/537.36 OPR/14.0.1116.4",
    "Mozilla/5.0 (Linux; U; Android 3.2; nl-nl; GT-P6800 Build/HTJ85B) AppleWebKit/534.13 (KHTML, like Gecko) Version/4.0 Safari/534.13",
    "Mozilla/5.0 (Windows; U; Windows NT 6.1; zh-HK) AppleWebKit/533.18.1 (KHTML, like Gecko) Version/5.0.2 Safari/533.18.5",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.10136",
  ])("%s is one", (agent) => expect(filter({ legacy_browsers: true }, browsedWith(agent))).toBe("legacy_browsers"));

  test.each([
    "Opera/9.80 (J2ME/MIDP; Opera Mini/8.0.35158/36.2534; U; en) Presto/2.12.423 Version/12.16",
    "Mozilla/5.0 (X11; Linux x86_64; Debian) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/28.0.1500.52 Safari/537.36 OPR/15.0.1147.100",
    "Mozilla/5.0 (Linux; U; Android 4.1.1; en-gb; Build/KLP) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Safari/534.30",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_3) AppleWebKit/537.75.14 (KHTML, like Gecko) Version/7.0.3 Safari/7046A194A",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "curl/8.0",
  ])("%s is none", (agent) => expect(filter({ legacy_browsers: true }, browsedWith(agent))).toBeUndefined());
});

test.each([
  ["Timeout*", "messages"],
  ["*BETWEEN*", "messages"],
  ["TimeoutError: took 30 s between a and b", "messages"],
  ["TimeoutError", "messages"],
  ["timeouterror: took * between * and b", "messages"],
  ["took 30 s", undefined],
  ["*between*took*", undefined],
])("a message pattern %j on a TimeoutError says %s", (pattern, reason) => {
  const payload = { exception: { values: [{ type: "TimeoutError", value: "took 30 s between a and b" }] } };
  expect(filter({ messages: ["nothing", pattern] }, payload)).toBe(reason);
  expect(filter({ messages: [pattern] }, { message: "something else" })).toBeUndefined();
});

test("releases are matched, and events without one pass", () => {
  expect(filter({ releases: ["shop@1.*"] }, { release: "shop@1.2.3" })).toBe("releases");
  expect(filter({ releases: ["shop@1.*"] }, { release: "shop@2.1.0" })).toBeUndefined();
  expect(filter({ releases: ["*"] }, {})).toBeUndefined();
});

test.each([
  ["192.0.2.7", "192.0.2.7", true],
  ["192.0.2.0/24", "192.0.2.255", true],
  ["192.0.2.0/24", "192.0.3.1", false],
  ["192.0.2.0/24", "::ffff:192.0.2.9", true],
  ["2001:db8::/32", "2001:db8:1::7", true],
  ["2001:db8::/32", "2001:db9::1", false],
  ["0.0.0.0/0", "203.0.113.9", true],
  ["0.0.0.0/0", "no address", false],
])("of the range %s the address %s is in it: %s", (range, clientIp, isIn) => {
  expect(isIpRange(range)).toBe(true);
  expect(filter({ ip_addresses: [range] }, {}, { clientIp })).toBe(isIn ? "ip_addresses" : undefined);
  expect(filter({ ip_addresses: [range] }, {})).toBeUndefined();
});

test.each(["", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/8/8", "::/129", "fe80::1%eth0", "example.com"])(
  "%j is no range of addresses",
  (text) => expect(isIpRange(text)).toBe(false),
);

test("a pattern matches just what the same regular expression would", () => {
  const part = fc
    .array(fc.constantFrom("a", "b", "*", "A", "ä", ".", "["), { maxLength: 8 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(part, part, (pattern, text) => {
      const escaped = pattern.replaceAll(/[.[]/g, "\\$&").replaceAll("*", "[^]*");
      expect(compileGlob(pattern)(text)).toBe(new RegExp(`^${escaped}$`, "i").test(text));
    }),
    { numRuns: 5_000 },
  );
});

test("a pattern of many stars is no trouble", () => {
  const matches = compileGlob(`${"*a".repeat(100)}*b`);
  expect(matches("a".repeat(8_192))).toBe(false);
  expect(matches(`${"a".repeat(8_192)}b`)).toBe(true);
});
