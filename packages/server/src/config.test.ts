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

test.each(["admin@localhost", "jürgen@example.com", "a..b@example.com", "admin"])(
  "%s is no address for the first owner, who could never sign in with it",
  (address) => {
    const owner = (email: string) => ({ MESHER_ADMIN_EMAIL: email, MESHER_ADMIN_PASSWORD: "correct horse battery" });
    expect(() => readConfig(owner(address))).toThrow(/MESHER_ADMIN_EMAIL.* must be an address like name@example\.com/);
    expect(readConfig(owner("Admin@mesher.local")).adminEmail).toBe("admin@mesher.local");
  },
);
