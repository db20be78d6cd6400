import { defineConfig } from "vitest/config";

/** Real loss of packets, between namespaces of the kernel: one test after the other, for they share a machine. */
export default defineConfig({
  test: { include: ["packages/*/src/**/*.netns.test.ts"], fileParallelism: false },
});
