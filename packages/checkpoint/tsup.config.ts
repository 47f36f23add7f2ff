import { defineConfig } from "tsup"

export default defineConfig({
  // A conversion's thread is started as "./entry.js" beside whichever file starts it: chunks and entries share one folder.
  entry: { index: "src/index.ts", entry: "src/entry.ts" },
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
