import { defineConfig } from "tsup"

export default defineConfig({
  entry: { index: "src/index.ts" },
  format: "esm",
  target: "node22",
  platform: "node",
  splitting: true,
  clean: true,
  sourcemap: false,
  // tsup cannot make types with TypeScript 7: tsc does.
  dts: false,
  removeNodeProtocol: false,
})
