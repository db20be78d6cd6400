import { defineConfig } from "vitest/config";

/** Real loss of packets, between namespaces of the kernel: one test after the other, for they share a machine. */
export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.netns.test.ts", "packages/*/test/**/*.netns.test.ts"],
    globalSetup: ["packages/testkit/src/global-setup.ts"],
    fileParallelism: false,
  },
});
