import { defineConfig, type Options } from "tsup"

const common: Options = {
  format: "esm",
  target: "es2022",
  splitting: true,
  // The builds run side by side: `build` in package.json empties the folder before.
  clean: false,
  sourcemap: false,
  // tsup cannot make types with TypeScript 7: tsc does.
  dts: false,
  removeNodeProtocol: false,
}

export default defineConfig([
  {
    ...common,
    // A conversion's thread is started as "./entry.js" beside whichever file starts it: chunks and entries share one folder.
    entry: { index: "src/index.ts", entry: "src/entry.ts" },
    target: "node22",
    platform: "node",
  },
  {
    ...common,
    entry: { index: "src/index.browser.ts" },
    outDir: "dist/browser",
    platform: "browser",
  },
])
