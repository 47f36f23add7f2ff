import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["{packages,examples}/*/test/**/*.test.ts"],
    environment: "node",
    // Every engine is a thread with a native runtime of its own: a process for each file keeps them apart.
    pool: "forks",
    // An engine uses all the cores it finds: more files at once would only make each of them slower.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A native runtime that is at work when a file ends is waited for, not killed.
    teardownTimeout: 20_000,
  },
})
