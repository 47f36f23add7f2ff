// Where the packed SDK runs: `node .ci/places.mjs` tries each place and prints the table of docs/serving.md.
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import webpack from "webpack"
import { installConsumer, pack } from "./published.mjs"
import { pnpm, run } from "./shell.mjs"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const node = join(root, "node_modules", ".bin", "node")

const work = `const facet = await Facet.open()
  const { text } = await facet.generate("Tell me a story about a fox.", { maxTokens: 8 })
  console.log(text)
  await facet.close()`
const esm = `import { Facet } from "@facet/sdk"\n${work}\n`
const cjs = `const { Facet } = require("@facet/sdk")\nvoid (async () => {\n  ${work}\n})()\n`

/** What is tried, and what must come of it: words of the model's, or an error that says what to do. */
const places = [
  ["Node, ESM", "runs", (app) => run(node, ["program.mjs"], { cwd: app })],
  ["Node, CommonJS (`require`)", "runs", (app) => run(node, ["program.cjs"], { cwd: app })],
  ["esbuild, ESM, external", "runs", (app) => bundled(app, "program.mjs", "esm", true)],
  ["esbuild, CommonJS, external", "runs", (app) => bundled(app, "program.cjs", "cjs", true)],
  ['webpack, `target: "node"`, external', "runs", webpacked],
  ["esbuild, ESM, all in one file", "external", (app) => bundled(app, "program.mjs", "esm", false)],
  ["esbuild, CommonJS, all in one file", "external", (app) => bundled(app, "program.cjs", "cjs", false)],
  ["Bun 1.4", "runs", (app) => run("npx", ["-y", "bun@1.4.5", "program.mjs"], { cwd: app })],
  ["Deno 2.9", "runs", (app) => run("npx", ["-y", "deno@2.9.6", "run", "-A", "program.mjs"], { cwd: app })],
]

/** It comes with tsup, which packs the SDK. */
const esbuild = () => import(createRequire(createRequire(import.meta.url).resolve("tsup")).resolve("esbuild"))

async function bundled(app, file, format, isExternal) {
  const { build } = await esbuild()
  const outfile = join(app, "out", `${format}-${isExternal}.${format === "esm" ? "mjs" : "cjs"}`)
  await build({
    entryPoints: [join(app, file)],
    outfile,
    format,
    bundle: true,
    platform: "node",
    logLevel: "silent",
    loader: { ".node": "file" },
    external: isExternal ? ["@facet/sdk"] : [],
  })
  return run(node, [outfile], { cwd: app })
}

async function webpacked(app) {
  const compiler = webpack({
    mode: "production",
    target: "node",
    context: app,
    entry: "./program.mjs",
    experiments: { outputModule: true },
    externals: { "@facet/sdk": "module @facet/sdk" },
    output: { path: join(app, "out"), filename: "webpack.mjs", library: { type: "module" } },
  })
  await new Promise((done, fail) =>
    compiler.run((error, stats) => (error || stats.hasErrors() ? fail(error ?? new Error(stats.toString())) : done())),
  )
  return run(node, [join("out", "webpack.mjs")], { cwd: app })
}

/** "runs", or a remedy that it names, or what went wrong. */
async function outcomeOf(attempt, app) {
  try {
    const said = await attempt(app)
    return said.includes("fox") ? "runs" : `said: ${said.slice(0, 200)}`
  } catch (error) {
    const message = String(error?.message ?? error)
    return /out of the bundle \(external\)/.test(message) ? "external" : message
  }
}

const scratch = await mkdtemp(join(await realpath(tmpdir()), "facet-places-"))
try {
  await pnpm(["-r", "run", "build"], { cwd: root })
  await pack(scratch)
  await installConsumer(scratch)
  const app = join(scratch, "consumer")
  await writeFile(join(app, "program.mjs"), esm)
  await writeFile(join(app, "program.cjs"), cjs)
  const told = { runs: "runs", external: "no: an error says to keep it external" }
  for (const [name, wanted, attempt] of places) {
    const outcome = await outcomeOf(attempt, app)
    console.log(`| ${String(name)} | ${told[outcome] ?? outcome} |`)
    if (outcome !== wanted) process.exitCode = 1
  }
} finally {
  await rm(scratch, { recursive: true, force: true })
}
