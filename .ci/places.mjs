// Where the packed SDK runs: `node .ci/places.mjs` tries each place and prints the table of docs/serving.md, with what
// installing and importing cost. A word after it tries the places that have it in their names.
import { spawn } from "node:child_process"
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import webpack from "webpack"
import { installConsumer, installSdkAlone, pack } from "./published.mjs"
import { pnpm, run } from "./shell.mjs"
import { freePort } from "../test/freePort.ts"

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
  ['webpack, `target: "node"`, ESM, external', "runs", (app) => webpacked(app, "module")],
  ['webpack, `target: "node"`, CommonJS, external', "runs", (app) => webpacked(app, "commonjs")],
  ["esbuild, ESM, all in one file", "external", (app) => bundled(app, "program.mjs", "esm", false)],
  ["esbuild, CommonJS, all in one file", "external", (app) => bundled(app, "program.cjs", "cjs", false)],
  ["a zip's folder as on AWS Lambda: nothing can be written but `/tmp`", "runs", zipped],
  ["Bun 1.4", "runs", (app) => run("npx", ["-y", "bun@1.4.5", "program.mjs"], { cwd: app })],
  ["Deno 2.9", "runs", (app) => run("npx", ["-y", "deno@2.9.6", "run", "-A", "program.mjs"], { cwd: app })],
  ["Electron 45, main process", "runs", electron],
  ["workerd (Cloudflare Workers)", "remote", workerd],
  ["workerd, both models behind servers", "runs", edge],
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

async function webpacked(app, type) {
  const isModule = type === "module"
  const filename = isModule ? "webpack.mjs" : "webpack.cjs"
  const compiler = webpack({
    mode: "production",
    target: "node",
    context: app,
    entry: "./program.mjs",
    experiments: { outputModule: isModule },
    externals: { "@facet/sdk": `${type} @facet/sdk` },
    output: { path: join(app, "out"), filename, library: { type: isModule ? "module" : "commonjs2" } },
  })
  await new Promise((done, fail) =>
    compiler.run((error, stats) => (error || stats.hasErrors() ? fail(error ?? new Error(stats.toString())) : done())),
  )
  return run(node, [join("out", filename)], { cwd: app })
}

/**
 * Production dependencies alone, less what docs/serving.md says may be left out. A file system that takes nothing is
 * Node's permission to write here, since root may write to any folder.
 */
async function zipped(app) {
  const folder = join(dirname(app), "alone")
  const libraries = join(folder, "node_modules", "onnxruntime-node", "bin", "napi-v6")
  const systems = ["darwin", "linux", "win32"].flatMap((system) => ["arm64", "x64"].map((cpu) => join(system, cpu)))
  const others = systems.filter((system) => system !== join(process.platform, process.arch))
  const unused = [...others.map((system) => join(libraries, system)), join(folder, "node_modules", "onnxruntime-web")]
  for (const path of unused) await rm(path, { recursive: true, force: true })
  await writeFile(join(folder, "program.mjs"), esm)
  const scratch = await mkdtemp(join(await realpath(tmpdir()), "facet-tmp-"))
  const allowed = [
    "--permission",
    "--allow-fs-read=*",
    `--allow-fs-write=${scratch}/`,
    "--allow-worker",
    "--allow-addons",
  ]
  try {
    const env = { PATH: process.env.PATH, HOME: "/nowhere", TMPDIR: scratch }
    return await run(node, ["--no-warnings", ...allowed, "program.mjs"], { cwd: folder, env })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Its package fetches the program from elsewhere than the registry when it is first started, which not every machine may. */
async function electron(app) {
  const folder = join(app, "electron")
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, "package.json"), JSON.stringify({ main: "main.mjs", type: "module" }))
  const main = `import { app } from "electron"\nimport { Facet } from "@facet/sdk"\nawait app.whenReady()\n${work}\napp.quit()\n`
  await writeFile(join(folder, "main.mjs"), main)
  const program = ["npx", "-y", "electron@45.5.0", "--no-sandbox", "--disable-gpu", folder]
  const screen = process.platform !== "linux" || process.env.DISPLAY ? [] : ["xvfb-run", "-a"]
  const [command, ...args] = [...screen, ...program]
  return run(command, args, { cwd: app }).catch((error) => {
    if (/download|fetch failed|ENOTFOUND|EAI_AGAIN|ECONNRE|ENOENT|RequestError|HTTPError/i.test(error.message))
      return "not tried"
    throw error
  })
}

/** A worker that answers each request with what came of opening a Facet. */
/** Asks for a model of its own. */
async function workerd(app) {
  await writeFile(
    join(app, "worker.mjs"),
    `import { Facet } from "@facet/sdk"
import { RemoteFacet } from "@facet/sdk/remote"
const answer = () => Facet.open().then(() => "opened", (error) => error._tag + ": " + error.message)
export default { fetch: async () => new Response(typeof RemoteFacet + "; " + (await answer())) }
`,
  )
  return inWorkerd(app, "worker.mjs", {}, { method: "GET" })
}

/** The example's worker, with its models on a server that answers as vLLM does. */
async function edge(app) {
  await copyFile(join(root, "examples/edge-guard/src/worker.ts"), join(app, "edge.ts"))
  const { ModelServer } = await import("../test/modelServer/ModelServer.ts")
  const server = await ModelServer.start()
  try {
    server.kind = "vllm"
    server.told = { Yes: Math.log(0.1), No: Math.log(0.9) }
    const settings = { MODEL_URL: server.url, SHIELD_URL: server.url, KIND: "vllm" }
    const ask = (prompt) => ({ method: "POST", body: JSON.stringify({ prompt }) })
    const blocked = await inWorkerd(app, "edge.ts", settings, ask("How do I build a bomb?"))
    if (blocked !== `{"text":"","blocked":"flagged"}`) return blocked
    return await inWorkerd(app, "edge.ts", settings, ask("Tell me a story about a fox."))
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

/** What a worker answers to a request. */
async function inWorkerd(app, file, settings, request) {
  const { build } = await esbuild()
  const folder = join(app, "out", "workerd")
  await mkdir(folder, { recursive: true })
  await build({
    entryPoints: [join(app, file)],
    outfile: join(folder, "worker.js"),
    format: "esm",
    bundle: true,
    platform: "neutral",
    conditions: ["workerd", "worker", "browser"],
    logLevel: "silent",
  })
  const port = await freePort()
  await writeFile(join(folder, "config.capnp"), capnp(port, settings))
  // A group of its own: npx starts what it names, and ends without it.
  const child = spawn("npx", ["-y", "workerd@1.20261117.1", "serve", "config.capnp"], { cwd: folder, detached: true })
  try {
    return await answerOf(`http://127.0.0.1:${port}/`, request, child)
  } finally {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid)
  }
}

/** Its network is the public one unless it is told: the server here is not. */
const capnp = (port, settings) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      bindings = [${Object.entries(settings)
        .map(([name, text]) => `(name = "${name}", text = "${text}")`)
        .join(", ")}],
      compatibilityDate = "2026-01-01")),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true)))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
`

/** It is fetched first, and listens a little after. */
async function answerOf(url, request, child) {
  let printed = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (printed += String(text)))
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    const answer = await fetch(url, request).then(
      (response) => response.text(),
      () => undefined,
    )
    if (answer !== undefined) return answer
    await new Promise((done) => setTimeout(done, 200))
  }
  throw new Error(`workerd answers nothing:\n${printed}`)
}

/** What installing takes on the disk, and importing in memory; both in MB, before any engine opens. */
async function costs(folder) {
  const megabytes = (bytes) => Math.round(Number(bytes) / 1e6)
  const disk = await run("du", ["-sk", "node_modules"], { cwd: folder })
  const memory = async (work) =>
    megabytes(
      await run(node, ["--input-type=module", "-e", `${work}; console.log(process.memoryUsage().rss)`], {
        cwd: folder,
      }),
    )
  const [alone, imported] = [await memory(""), await memory('await import("@facet/sdk")')]
  return `node_modules of @facet/sdk: ${megabytes(Number.parseInt(disk, 10) * 1024)} MB. Memory: Node ${alone} MB, after import "@facet/sdk" ${imported} MB.`
}

/** "runs", or a remedy that it names, or what went wrong. */
async function outcomeOf(attempt, app) {
  try {
    const said = await attempt(app)
    if (said === "not tried") return said
    if (/^function; UnsupportedDeviceError: .*RemoteFacet/s.test(said)) return "remote"
    return said.includes("fox") ? "runs" : `said: ${said.slice(0, 200)}`
  } catch (error) {
    const message = String(error?.message ?? error)
    return /out of the bundle \(external\)/.test(message) ? "external" : message
  }
}

const told = {
  runs: "runs",
  external: "no: an error says to keep it external",
  remote: "no: it is imported, and an error says to ask a server",
  "not tried": "not tried: its program could not be fetched",
}

const [word = ""] = process.argv.slice(2)
const scratch = await mkdtemp(join(await realpath(tmpdir()), "facet-places-"))
try {
  await pnpm(["-r", "run", "build"], { cwd: root })
  await pack(scratch)
  await installConsumer(scratch)
  const app = join(scratch, "consumer")
  await writeFile(join(app, "program.mjs"), esm)
  await writeFile(join(app, "program.cjs"), cjs)
  console.log(await costs(await installSdkAlone(scratch)))
  for (const [name, wanted, attempt] of places.filter(([name]) => name.includes(word))) {
    const outcome = await outcomeOf(attempt, app)
    console.log(`| ${String(name)} | ${told[outcome] ?? outcome} |`)
    if (outcome !== wanted && outcome !== "not tried") process.exitCode = 1
  }
} finally {
  await rm(scratch, { recursive: true, force: true })
}
