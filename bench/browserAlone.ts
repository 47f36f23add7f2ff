/**
 * What a browser costs: `npx pnpm@12 bench:browser [--rounds N] [--webgpu] [--model FOLDER]`.
 * The embedded model, or that of a folder, in a real Chromium on wasm, and on Node, in turn. `--webgpu` adds WebGPU, which is a software adapter
 * where there is no graphics card.
 */
import { mkdtemp, rm, symlink } from "node:fs/promises"
import { cpus, tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { Facet, type GenerateOptions, type OpenOptions } from "@facet/sdk"
import { build } from "vite"
import { openPage } from "../test/browser/page.ts"
import { renderersMegabytes } from "../test/browser/renderersMegabytes.ts"
import { serveSite } from "../test/browser/site.ts"
import type { BenchPage } from "./page/main.ts"
import { inTurn } from "./timing.ts"
import { readFlags } from "./readFlags.ts"

const { values } = readFlags({
  command: "npx pnpm@12 bench:browser",
  about: "What a browser costs: a model in a real Chromium on wasm, and on Node, in turn.",
  flags: {
    rounds: { type: "string", default: "8", value: "N", about: "rounds, in turn" },
    webgpu: { type: "boolean", default: false, about: "on WebGPU, too" },
    model: { type: "string", value: "FOLDER", about: "the model that is measured, instead of the embedded one" },
    peers: { type: "boolean", about: "beside other libraries: --peers --help says how" },
  },
})
const rounds = Number(values.rounds)

/** @param model where the page finds it. */
const sidesOf = (model: string | undefined): Readonly<Record<string, OpenOptions>> => {
  const common: OpenOptions = { cacheBytes: 0, ...(model !== undefined && { model }) }
  return {
    // A model of real size is opened once: each opening holds all of its weights.
    ...(model === undefined && {
      "wasm, f32": { device: "wasm", ...common },
      "wasm, f32, one thread": { device: "wasm", threads: 1, ...common },
    }),
    "wasm, int8": { device: "wasm", precision: "int8", ...common },
    ...(values.webgpu && { "webgpu, f32": { device: "webgpu", precision: "f32", ...common } }),
  }
}

const folder = await mkdtemp(join(tmpdir(), "facet-bench-"))
const root = fileURLToPath(new URL("page", import.meta.url))
await build({
  root,
  base: "./",
  logLevel: "error",
  worker: { format: "es" },
  build: { outDir: folder, emptyOutDir: true },
})
await using site = await serveSite(folder)
if (values.model !== undefined) await symlink(resolve(values.model), join(folder, "model"))
await using opened = await openPage({ webgpu: values.webgpu, optimises: true })
const { page } = opened
await page.goto(`${site.url}/`)
await page.waitForFunction("globalThis.bench !== undefined")

const inPage = <Name extends keyof BenchPage>(name: Name, ...args: Parameters<BenchPage[Name]>) =>
  page.evaluate(`bench.${name}(...${JSON.stringify(args)})`) as ReturnType<BenchPage[Name]>

/** Continues a text for exactly so many tokens: what would end it is forbidden. */
const exactly = (maxTokens: number): GenerateOptions => ({
  template: "none",
  maxTokens,
  logitBias: { 1: -100, 107: -100 },
})
const text = (round: number, words: number) =>
  `Story ${round}. ${"The fox and the bear walked along the river in the morning. ".repeat(Math.ceil(words / 12))}`

await using node = await Facet.open({ cacheBytes: 0, ...(values.model !== undefined && { model: values.model }) })
const runners = new Map<string, BenchPage["generate"]>([
  [
    "Node",
    async (_, prompt, options) => {
      const { timings, usage } = await node.generate(prompt, options)
      return { ...timings, promptTokens: usage.promptTokens }
    },
  ],
])

console.log(`${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, ${rounds} rounds\n`)
for (const [name, options] of Object.entries(sidesOf(values.model === undefined ? undefined : `${site.url}/model`))) {
  const time = await inPage("open", name, options)
  console.log(`opening on ${name}: ${time.toFixed(0)} ms`)
  runners.set(name, (...args) => inPage("generate", ...args))
}

const names = [...runners.keys()]
const measure = (one: (name: string, round: number) => Promise<number>) =>
  inTurn(rounds, Object.fromEntries(names.map((name) => [name, (round: number) => one(name, round)])))
const run = (name: string, prompt: string, options: GenerateOptions) => {
  const generate = runners.get(name)
  if (generate === undefined) throw new Error(`${name} is not measured`)
  return generate(name, prompt, options)
}

const decode = await measure(
  async (name, round) => 1000 / (await run(name, text(round, 20), exactly(60))).tokensPerSecond,
)
const prefill = await measure(async (name, round) => {
  const { firstTokenMs, promptTokens } = await run(name, text(round, 200), exactly(1))
  return firstTokenMs / promptTokens
})

const row = (...cells: ReadonlyArray<string>) =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(26) : cell.padStart(18))).join(""))
const perSecond = (ms: number) => `${Math.round(1000 / ms)} tokens/s`
console.log(`memory of the page's process: ${await renderersMegabytes(opened.browser)} MB\n`)
row("", "decode, best", "median", "prefill, best", "median")
for (const name of names) {
  const [each, every] = [decode[name], prefill[name]]
  if (each === undefined || every === undefined) continue
  row(name, perSecond(each.min), perSecond(each.median), perSecond(every.min), perSecond(every.median))
}
await rm(folder, { recursive: true, force: true })
