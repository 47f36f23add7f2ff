import { defineConfig } from "vitest/config"

/** Visits in the browsers that a machine has besides Chromium: `npx pnpm@12 test:browsers`. */
export default defineConfig({
  test: {
    include: ["{packages,examples}/*/test/**/*.driven.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Where a browser is missing, the name of what is skipped says what to install.
    reporters: ["verbose"],
  },
})
