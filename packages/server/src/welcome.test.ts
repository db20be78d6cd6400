import { expect, test } from "vitest";
import { SETTINGS } from "./config.ts";
import { welcome } from "./welcome.ts";

const SERVER = {
  port: 8080,
  url: "http://localhost:8080",
  token: "mshr_token",
  dsn: "http://key@localhost:8080/1",
  firstStart: { defaultProject: { slug: "default" } },
  setupLink: undefined,
} as Parameters<typeof welcome>[0];
const CONFIG = { dataDir: SETTINGS.dataDir.default };

test("the command for a first look finds the server wherever it listens and keeps its token", () => {
  expect(welcome(SERVER, CONFIG)).toMatch(/:  npm run demo$/m);
  const withDsn = /:  npm run demo -- --dsn http:\/\/key@localhost:8080\/1$/m;
  expect(welcome({ ...SERVER, port: 8090 }, CONFIG)).toMatch(withDsn);
  expect(welcome(SERVER, { dataDir: "/var/lib/mesher" })).toMatch(withDsn);
});
