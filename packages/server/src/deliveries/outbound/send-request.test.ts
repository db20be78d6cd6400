import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { HttpReceiver } from "@mesher/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parseAllowed } from "./address-rule.ts";
import { OutboundClient, OutboundRefusedError, type Resolve } from "./send-request.ts";

const stack = new AsyncDisposableStack();
let receiver: HttpReceiver;
/** Listens where nothing is allowed to go, and counts who comes all the same. */
let inside: Server;
let insideVisits = 0;

beforeAll(async () => {
  receiver = stack.use(await HttpReceiver.start());
  inside = createServer((socket) => {
    insideVisits += 1;
    socket.destroy();
  });
  inside.listen(0, "127.0.0.2");
  await once(inside, "listening");
  stack.defer(() => void inside.close());
});
afterAll(() => stack.disposeAsync());
afterEach(() => {
  receiver.answer = (response) => void response.writeHead(204).end();
  receiver.requests.length = 0;
});

const insideUrl = () => `http://127.0.0.2:${(inside.address() as { port: number }).port}/`;
const ALLOWED = parseAllowed("127.0.0.1");
const never = new AbortController().signal;

async function post(url: string, { allowed = ALLOWED, resolve, signal = never, headers = {} }: PostOptions = {}) {
  const client = new OutboundClient(allowed, "Mesher/test", resolve && { resolve });
  try {
    return await client.post({ url, headers, body: "{}" }, signal);
  } finally {
    await client.close();
  }
}
interface PostOptions {
  readonly allowed?: ReturnType<typeof parseAllowed>;
  readonly resolve?: Resolve;
  readonly signal?: AbortSignal;
  readonly headers?: Record<string, string>;
}

/** Fails with the refusal itself, or with what it caused. */
async function refusalOf(posting: Promise<unknown>): Promise<string> {
  const error = await posting.then(
    () => new Error("it was not refused"),
    (thrown: unknown) => thrown as Error,
  );
  const refusal = error instanceof OutboundRefusedError ? error : error.cause;
  return refusal instanceof OutboundRefusedError ? refusal.message : `not refused: ${error.message}`;
}

const resolvesTo =
  (...addresses: string[]): Resolve =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

describe("a request is refused", () => {
  test.each([
    ["a loopback address", "http://127.0.0.1:1/"],
    ["one written as a number", "http://2130706433/"],
    ["one in IPv6", "http://[::1]/"],
    ["one mapped into IPv6", "http://[::ffff:127.0.0.1]/"],
    ["the metadata service", "http://169.254.169.254/latest/meta-data/"],
    ["a name of this machine", "http://localhost/"],
  ])("to %s", async (_, url) => {
    expect(await refusalOf(post(url, { allowed: parseAllowed("203.0.113.7") }))).toMatch(/no address of the internet/);
  });

  test("to a name of which only one address is inside", async () => {
    const resolve = resolvesTo("93.184.216.34", "127.0.0.2");
    expect(await refusalOf(post("http://rebound.test/", { resolve }))).toMatch(/rebound\.test is no address/);
  });

  test("by any other way than HTTP, and with a password in the address", async () => {
    expect(await refusalOf(post("file:///etc/passwd"))).toMatch(/file:/);
    expect(await refusalOf(post("gopher://127.0.0.1/"))).toMatch(/gopher:/);
    expect(await refusalOf(post(`http://user:pass@127.0.0.1:${receiver.port}/`))).toMatch(/password/);
    expect(await refusalOf(post("not a url"))).toMatch(/no URL/);
  });

  test("nobody inside has heard of any of it", () => {
    expect(insideVisits).toBe(0);
  });
});

describe("the operator may allow", () => {
  test("an address", async () => {
    expect(await post(receiver.url)).toMatchObject({ status: 204 });
    expect(receiver.requests[0]?.headers["user-agent"]).toBe("Mesher/test");
  });

  test("a host, wherever it lies", async () => {
    const url = `http://ntfy.lan:${receiver.port}/`;
    const resolve = resolvesTo("127.0.0.1");
    expect(await post(url, { allowed: parseAllowed("ntfy.lan"), resolve })).toMatchObject({ status: 204 });
    expect(await refusalOf(post(url, { allowed: parseAllowed("other.lan"), resolve }))).toMatch(/ntfy\.lan is no/);
  });
});

test("the connection goes to what was checked: a name is resolved once for it", async () => {
  let asked = 0;
  const resolve: Resolve = (host, options, callback) => {
    asked += 1;
    resolvesTo(asked === 1 ? "127.0.0.1" : "127.0.0.2")(host, options, callback);
  };
  expect(await post(`http://rebinding.test:${receiver.port}/`, { resolve })).toMatchObject({ status: 204 });
  expect([asked, receiver.requests.length, insideVisits]).toEqual([1, 1, 0]);
});

describe("a redirect", () => {
  const redirect = (status: number, location: string) => {
    receiver.answer = (response, { path }) =>
      path === "/" ? void response.writeHead(status, { location }).end() : void response.writeHead(200).end();
  };

  test("is followed with the same message, where it keeps it", async () => {
    redirect(307, "/moved");
    expect(await post(`${receiver.url}/`)).toMatchObject({ status: 200 });
    expect(receiver.requests.map(({ path, body }) => [path, body])).toEqual([
      ["/", "{}"],
      ["/moved", "{}"],
    ]);
  });

  test("is not followed where it would turn the message into a question", async () => {
    redirect(302, "/moved");
    expect(await post(`${receiver.url}/`)).toMatchObject({ status: 302 });
  });

  test("to the inside is refused", async () => {
    redirect(308, insideUrl());
    expect(await refusalOf(post(`${receiver.url}/`))).toMatch(/127\.0\.0\.2 is no address of the internet/);
    redirect(308, "file:///etc/passwd");
    expect(await refusalOf(post(`${receiver.url}/`))).toMatch(/file:/);
    expect(insideVisits).toBe(0);
  });

  test("elsewhere gets no credentials, and the next one not for ever", async () => {
    await using other = await HttpReceiver.start();
    redirect(307, `${other.url}/elsewhere`);
    await post(`${receiver.url}/`, { headers: { authorization: "Bearer secret", "x-other": "kept" } });
    expect(receiver.requests[0]?.headers.authorization).toBe("Bearer secret");
    expect(other.requests[0]?.headers).toMatchObject({ "x-other": "kept" });
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
    redirect(307, "/");
    expect(await refusalOf(post(`${receiver.url}/`))).toMatch(/more than 3 redirects/);
  });
});

describe("of an answer", () => {
  test("that never ends, the status counts and no more than an excerpt is read", async () => {
    let isCutOff = false;
    for (const status of [200, 500]) {
      const cutOff = Promise.withResolvers<void>();
      receiver.answer = (response) => {
        response.writeHead(status);
        const timer = setInterval(() => response.write("x".repeat(64 * 1024)), 1);
        response.on("close", () => {
          clearInterval(timer);
          isCutOff = true;
          cutOff.resolve();
        });
      };
      const answer = await post(receiver.url);
      expect([answer.status, answer.excerpt.length]).toEqual([status, status === 200 ? 0 : 1_024]);
      await cutOff.promise;
    }
    expect(isCutOff).toBe(true);
  });

  test("that does not come, the wait ends", async () => {
    receiver.answer = () => undefined;
    const signal = AbortSignal.timeout(100);
    await expect(post(receiver.url, { signal })).rejects.toThrow(/timeout/i);
  });

  test("that drips, the status counts when the time is over", async () => {
    receiver.answer = (response) => {
      response.writeHead(400);
      response.write("because");
    };
    expect(await post(receiver.url, { signal: AbortSignal.timeout(3_000) })).toMatchObject({
      status: 400,
      excerpt: "because",
    });
  });

  test("that asks to wait, it is told for how long", async () => {
    receiver.answer = (response) => void response.writeHead(429, { "retry-after": "7" }).end("slow down\nplease");
    expect(await post(receiver.url)).toEqual({ status: 429, excerpt: "slow down please", retryAfterMs: 7_000 });
  });
});
