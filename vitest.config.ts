import { defineConfig } from "vitest/config";

const suites = (...names: readonly string[]) => names.map((name) => `packages/testkit/test/${name}.test.ts`);

/** What SDKs and programs ask of a server over HTTP and WebSocket: the same wherever they ask it. */
const FRONT_DOOR = suites(
  "api",
  "curl.sdk",
  "front-door",
  "hostile",
  "issue-life",
  "live",
  "projects",
  "sample-events.sdk",
  "sentry-cli.sdk",
  "sentry-node.sdk",
);

/** The rest of the API. */
const REST_OF_API = suites(
  "alerts",
  "dashboards",
  "issue-detail",
  "issues-command",
  "organizations",
  "project-settings",
  "search",
  "second-factor",
  "sign-in",
  "storage",
);

const onNode = (node: string, include: readonly string[]) => ({
  extends: true as const,
  test: { name: `node ${node.replace("/", " of ")}`, include: [...include], env: { MESHER_TEST_NODE: node } },
});

/** The gate runs each suite on one end of a cluster, `npm run test:nodes` all of them on both. */
const isEverything = process.env["MESHER_TEST_NODES"] === "all";

export default defineConfig({
  test: {
    globalSetup: ["packages/testkit/src/global-setup.ts"],
    // Long, for machines that are busy: what waits, waits for something that happens, and a test that passes is no slower.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Tests of several processes wait more than they compute.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: "alone",
          include: ["packages/*/src/**/*.test.ts", "packages/*/test/**/*.test.ts", "scripts/**/*.test.ts"],
          // Minutes, and root: `npm run test:network`.
          exclude: ["**/node_modules/**", "**/*.netns.test.ts"],
        },
      },
      onNode("1/3", isEverything ? [...FRONT_DOOR, ...REST_OF_API] : REST_OF_API),
      onNode("3/3", isEverything ? [...FRONT_DOOR, ...REST_OF_API] : FRONT_DOOR),
    ],
  },
});
