import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ConfigError, readConfig, SETTINGS, type Setting } from "./config.ts";

const settings = Object.values<Setting<unknown>>(SETTINGS);
const documentation = readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8");

test("[SD-11] every setting has one variable, one default and one place where it is documented", () => {
  const variables = settings.map(({ env }) => env);
  expect(variables.filter((env, index) => variables.indexOf(env) !== index)).toEqual([]);
  for (const { env, help } of settings) {
    expect(help.length).toBeGreaterThan(20);
    expect(documentation.split(`\`${env}\``).length - 1).toBeGreaterThanOrEqual(1);
    expect(documentation).toContain(help.slice(0, 40).split("|")[0]);
  }
});

test("[SD-20] without any variable every setting has its default, or none", () => {
  const config = readConfig({});
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS))
    expect(config[name as keyof typeof config]).toEqual(setting.default);
});

test("an empty variable counts as not set, and all mistakes are told at once, a line each, secrets left out", () => {
  expect(readConfig({ MESHER_HTTP_PORT: " " }).httpPort).toBe(SETTINGS.httpPort.default);
  const mistaken = () =>
    readConfig({
      MESHER_HTTP_PORT: "a",
      MESHER_COOKIE: "short",
      MESHER_TRANSPORT: "nats//u:secret@host",
      MESHER_REPLICAS: "7",
    });
  expect(mistaken).toThrow(ConfigError);
  try {
    mistaken();
  } catch (error) {
    const lines = (error as Error).message.split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual([
      "MESHER_HTTP_PORT",
      "MESHER_COOKIE",
      "MESHER_TRANSPORT",
      "MESHER_REPLICAS",
    ]);
    expect(lines.join()).not.toContain("secret@");
    expect(lines.join()).not.toContain("short");
  }
});

/** The lines of the ConfigError, or none. */
function mistakesIn(env: Readonly<Record<string, string>>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n");
  }
}

test.each([
  ["DATABASE_URL", "postgres://mesher:pa/hunter2@db/mesher"],
  ["DATABASE_URL", "mysql://mesher:hunter2@db/mesher"],
  ["MESHER_PUBLIC_URL", "https://ada:hunter2@mesher.example.com"],
  ["MESHER_PUBLIC_URL", "ada:hunter2@mesher.example.com"],
  ["MESHER_OIDC_ISSUER", "https://ada:hunter2@id.example.com"],
  ["MESHER_OIDC_ISSUER", "ftp://ada:hunter2@id.example.com"],
])("a password in %s is not repeated: %s", (env, value) => {
  const [line = "", ...more] = mistakesIn({ [env]: value });
  expect(line).toMatch(new RegExp(`^${env} is \\(hidden\\): must be a URL`));
  expect(line).not.toContain("hunter2");
  expect(more).toEqual([]);
});

test("a public URL without a password is repeated, so that its mistake is seen", () => {
  expect(mistakesIn({ MESHER_PUBLIC_URL: "mesher.example.com" })).toEqual([
    expect.stringMatching(/^MESHER_PUBLIC_URL is "mesher.example.com": must be a URL/),
  ]);
});

test.each([
  ["MESHER_TRUSTED_PROXIES", "10.0.0.0/99", "must be IP addresses or networks"],
  ["MESHER_TRUSTED_PROXIES", "10.0.0.0/33", "must be IP addresses or networks"],
  ["MESHER_TRUSTED_PROXIES", "10.0.0.0/0", "must be IP addresses or networks"],
  ["MESHER_TRUSTED_PROXIES", "127.0.0.1, fd00::/129", "must be IP addresses or networks"],
  ["MESHER_TRUSTED_PROXIES", "10.0.0.0/", "must be IP addresses or networks"],
  ["MESHER_HEARTBEAT_MS", "2147483648", "must be a whole number from 1 to 2147483647"],
  ["MESHER_HEARTBEAT_TIMEOUT_MS", "2147483648", "must be a whole number from 1 to 2147483647"],
  ["MESHER_DATABASE_WAIT_SECONDS", "2147484", "must be a whole number from 1 to 2147483"],
  ["MESHER_RATE_LIMIT_WINDOW_SECONDS", "2147484", "must be a whole number from 1 to 2147483"],
  ["MESHER_PUBLIC_URL", "https://ada@example.com", "without user, query and fragment"],
  ["MESHER_PUBLIC_URL", "https://example.com/?a=b", "without user, query and fragment"],
  ["MESHER_PUBLIC_URL", "https://example.com?", "without user, query and fragment"],
  ["MESHER_PUBLIC_URL", "https://example.com/#top", "without user, query and fragment"],
  ["MESHER_PUBLIC_URL", "https:example.com", "must be a URL that starts with http:// or https://"],
  ["MESHER_MAIL_FROM", "Mesher <mesher@example.com", "must be an e-mail address, or a name and <an address>"],
  ["MESHER_MAIL_FROM", "mesher@example.com>", "must be an e-mail address, or a name and <an address>"],
  ["MESHER_WORKERS", "65", "must be a whole number from 1 to 64"],
  ["MESHER_WORKERS", "0", "must be a whole number from 1 to 64"],
  ["MESHER_DATABASE_POOL_SIZE", "501", "must be a whole number from 1 to 500"],
  ["MESHER_JOURNAL_MAX_BYTES", "65535", "must be a whole number from 65536"],
  ["MESHER_REQUEST_MAX_BYTES", "1023", "must be a whole number from 1024"],
  ["MESHER_OFFLOAD_EVENTS", "1.5", "must be a whole number from 1"],
])("%s is not taken to be %s", (env, value, sentence) => {
  const lines = mistakesIn({ [env]: value, ...(env === "MESHER_MAIL_FROM" && { MESHER_SMTP_URL: "smtp://mail" }) });
  expect(lines).toEqual([expect.stringContaining(sentence)]);
  expect(lines[0]?.startsWith(`${env} is `)).toBe(true);
});

test("what lies just within the limits is taken", () => {
  const env = {
    MESHER_TRUSTED_PROXIES: "10.0.0.0/32, 10.0.0.0/1, fd00::/128, ::1",
    MESHER_HEARTBEAT_MS: "2147483646",
    MESHER_HEARTBEAT_TIMEOUT_MS: "2147483647",
    MESHER_DATABASE_WAIT_SECONDS: "2147483",
    MESHER_PUBLIC_URL: "https://example.com/mesher/",
    MESHER_MAIL_FROM: "Mesher <mesher@example.com>",
    MESHER_SMTP_URL: "smtp://mail",
    MESHER_WORKERS: "64",
    MESHER_DATABASE_POOL_SIZE: "500",
    MESHER_JOURNAL_MAX_BYTES: "65536",
    MESHER_REQUEST_MAX_BYTES: "1024",
  };
  expect(mistakesIn(env)).toEqual([]);
  expect(readConfig(env)).toMatchObject({
    trustedProxies: ["10.0.0.0/32", "10.0.0.0/1", "fd00::/128", "::1"],
    publicUrl: "https://example.com/mesher",
    workers: 64,
  });
});

test("two servers cannot listen on one port", () => {
  const sentence = "MESHER_HTTP_PORT and MESHER_WS_PORT must differ: here both are 8081.";
  expect(mistakesIn({ MESHER_HTTP_PORT: "8081" })).toEqual([sentence]);
  expect(mistakesIn({ MESHER_HTTP_PORT: "0", MESHER_WS_PORT: "0" })).toEqual([]);
});

test("a node is not dead before it could give a sign of life", () => {
  const sentence = "MESHER_HEARTBEAT_MS must be less than MESHER_HEARTBEAT_TIMEOUT_MS: here 6000 and 6000.";
  expect(mistakesIn({ MESHER_HEARTBEAT_MS: "6000" })).toEqual([sentence]);
  expect(mistakesIn({ MESHER_HEARTBEAT_TIMEOUT_MS: "500" })).toHaveLength(1);
  expect(mistakesIn({ MESHER_HEARTBEAT_MS: "300", MESHER_HEARTBEAT_TIMEOUT_MS: "500" })).toEqual([]);
});

test.each(["admin@localhost", "jürgen@example.com", "a..b@example.com", "admin"])(
  "%s is no address for the first owner, who could never sign in with it",
  (address) => {
    const owner = (email: string) => ({ MESHER_ADMIN_EMAIL: email, MESHER_ADMIN_PASSWORD: "correct horse battery" });
    expect(() => readConfig(owner(address))).toThrow(/MESHER_ADMIN_EMAIL.* must be an address like name@example\.com/);
    expect(readConfig(owner("Admin@mesher.local")).adminEmail).toBe("admin@mesher.local");
  },
);
