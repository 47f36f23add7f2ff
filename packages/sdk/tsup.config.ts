import { readdirSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { defineConfig, type Options } from "tsup"

type Plugin = NonNullable<Options["esbuildPlugins"]>[number]
type OutputPlugin = NonNullable<Options["plugins"]>[number]

/** It comes with tsup. */
const esbuild = (): Promise<{
  transform: (code: string, options: object) => Promise<{ readonly code: string }>
}> => import(createRequire(createRequire(import.meta.url).resolve("tsup")).resolve("esbuild"))

/** A word to a bundler, which has to stay where it stands. */
const spokenTo = /@vite-ignore|webpackIgnore|turbopackIgnore/

/**
 * What makes room in the package. Whoever builds a page minifies it anyway, so that spaces there are of use to nobody, and names
 * in a page's worker neither; and what speaks to other people's servers is loaded by few, and lies in the package twice.
 */
const smallFiles: OutputPlugin = {
  name: "small-files",
  async renderChunk(code, { path }) {
    const isOfServers = /\bopenServer-\w+\.js$/.test(path)
    const isOfWorker = /\bdist[/\\]worker[/\\]/.test(path) && !spokenTo.test(code)
    const isOfPages = /\bdist[/\\]browser[/\\]/.test(path) && !spokenTo.test(code)
    if (!isOfServers && !isOfWorker && !isOfPages) return undefined
    const { transform } = await esbuild()
    const how = isOfPages ? { minifyWhitespace: true } : { minify: true }
    return { code: (await transform(code, { ...how, format: "esm", charset: "utf8" })).code }
  },
}

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
  plugins: [smallFiles],
}

/**
 * Every file of some rooms is an entry, so that each stays a file: a bundler can leave out files that a page has no use
 * for, or only later, and not what one file holds.
 */
const filesOf = (room: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(new URL(`src/${room}`, import.meta.url))
      .filter((name) => name.endsWith(".ts") && name !== "index.ts")
      .map((name) => [`${room}/${name.replace(/\.ts$/, "")}`, `src/${room}/${name}`]),
  )

/** A worker is started by an address that bundlers read in the source: what is published names the published file. */
const publishedWorker: Plugin = {
  name: "published-worker",
  setup(build) {
    build.onLoad({ filter: /client\.browser\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace('"./entry.browser.ts"', '"../worker/entry.js"'),
      loader: "ts",
    }))
  },
}

export default defineConfig([
  {
    ...common,
    // The engine's thread is started as "./entry.js" beside whichever file starts it: chunks and entries share one folder.
    entry: {
      index: "src/index.ts",
      words: "src/words/index.ts",
      remote: "src/remote/index.ts",
      folders: "src/architectures/folders.node.ts",
      models: "src/models/models.node.ts",
      ai: "src/effects/ai/index.ts",
      judges: "src/guard/judges/index.ts",
      transformers: "src/guard/fromPipeline.ts",
      next: "src/worker/withFacet.node.ts",
      entry: "src/worker/entry.node.ts",
    },
    platform: "node",
  },
  {
    ...common,
    entry: {
      ...filesOf("words"),
      ...filesOf("effects"),
      ...filesOf("guard"),
      ...filesOf("guard/reading"),
      index: "src/index.ts",
      words: "src/words/index.ts",
      remote: "src/remote/index.ts",
      folders: "src/architectures/folders.ts",
      storage: "src/files/opfs/storage.browser.ts",
      ai: "src/effects/ai/index.ts",
      judges: "src/guard/judges/index.ts",
      transformers: "src/guard/fromPipeline.ts",
    },
    outDir: "dist/browser",
    platform: "browser",
    esbuildPlugins: [publishedWorker],
  },
  // Apart from the page: a chunk that both shared would bring the worker's libraries into the page.
  {
    ...common,
    entry: { entry: "src/worker/entry.browser.ts" },
    outDir: "dist/worker",
    platform: "browser",
    // Nobody imports from it, and pages may serve it as it is. Names stay: errors tell of them.
    esbuildOptions: (options) => void (options.minifyWhitespace = true),
  },
])
