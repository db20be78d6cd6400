import { defineConfig } from "vitest/config";

/** What SDKs and programs ask of a server over HTTP and WebSocket: the same wherever they ask it. */
const FRONT_DOOR = [
  "alerts",
  "api",
  "curl.sdk",
  "dashboards",
  "front-door",
  "hostile",
  "issue-detail",
  "issue-life",
  "issues-command",
  "live",
  "organizations",
  "project-settings",
  "projects",
  "sample-events.sdk",
  "search",
  "second-factor",
  "sentry-cli.sdk",
  "sentry-node.sdk",
  "sign-in",
  "storage",
].map((name) => `packages/testkit/test/${name}.test.ts`);

const onNode = (node: string) => ({
  extends: true as const,
  test: { name: `node ${node.replace("/", " of ")}`, include: FRONT_DOOR, env: { MESHER_TEST_NODE: node } },
});

export default defineConfig({
  test: {
    globalSetup: ["packages/testkit/src/global-setup.ts"],
    // Long, for machines that are busy: what waits, waits for something that happens, and a test that passes is no slower.
    testTimeout: 120_000,
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
      onNode("1/3"),
      onNode("3/3"),
    ],
  },
});
