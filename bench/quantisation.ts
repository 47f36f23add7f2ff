/**
 * What each dtype and block size costs in quality: `npx pnpm@12 bench:quantisation [--model FOLDER] [--importance FILE]
 * [--guard-importance FILE] [--text FILE]... [--tokens N] [--only WORDS]...`.
 *
 * Converts a model in every way and runs all of them side by side with the source's own weights, in f32, over the same
 * text. Without `--model`: the embedded models, and how far the embedded guard's probabilities move. What `bench:importance`
 * measured adds rows.
 */
import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { convertModel, type ConvertOptions, openCheckpoint } from "@facet/checkpoint"
import { Facet } from "@facet/sdk"
import { isMatrix, openFolder } from "@facet/sdk/folders"
// oxlint-disable no-restricted-imports -- a divergence needs the whole distribution, which no effect gives
import { argmax, summarise } from "../packages/sdk/src/engine/Logprobs.ts"
import { chunkLength } from "../packages/sdk/src/engine/Reuse.ts"
import { OpenModel } from "../packages/sdk/src/engine/OpenModel.ts"
import { Interlock } from "../packages/sdk/src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../packages/sdk/src/runtime/NodeRuntime.node.ts"
// oxlint-enable no-restricted-imports
import { dequantise } from "./dequantise.ts"
import { readFlags } from "./readFlags.ts"

const embedded = (name: string): string => fileURLToPath(new URL(`../packages/tiny/models/${name}`, import.meta.url))
const [gemmaFolder, shieldFolder] = [embedded("tiny-gemma-it"), embedded("tiny-shield")]

const { values } = readFlags({
  command: "npx pnpm@12 bench:quantisation",
  about: "What each dtype and block size costs in quality, beside the source's own weights in f32.",
  flags: {
    model: { type: "string", value: "FOLDER", about: "the model (default the embedded ones)" },
    importance: { type: "string", value: "FILE", about: "what bench:importance measured" },
    "guard-importance": { type: "string", value: "FILE", about: "the same of the guard" },
    text: { type: "string", multiple: true, value: "FILE", about: "what it reads, with --model" },
    tokens: { type: "string", default: "2044", value: "N", about: "the most tokens that it reads" },
    only: { type: "string", multiple: true, default: [""], value: "WORDS", about: "ways whose names have these words" },
  },
})

/** Tokens that are read in one go, the first of them `<bos>`. */
const windowLength = 512

const variantsOf = (
  importance: string | undefined,
): ReadonlyArray<readonly [name: string, options: ConvertOptions]> => [
  ["f16", { dtype: "f16" }],
  ["int8", { dtype: "int8" }],
  ["q8, block 32", { dtype: "q8", block: 32 }],
  ["q8, block 64", { dtype: "q8", block: 64 }],
  ["q8, block 128", { dtype: "q8", block: 128 }],
  ...([32, 64, 128] as const).flatMap((block) => [
    [`q4, block ${block}`, { dtype: "q4", embedding: "q4", block }] as const,
    [`q4, block ${block}; embedding q8`, { dtype: "q4", block }] as const,
    [`q4-mixed, block ${block}`, { dtype: "q4-mixed", block }] as const,
  ]),
  ["q4, block 32; embedding q4, head q8", { dtype: "q4", embedding: "q4", head: "q8", block: 32 }],
  ...(importance === undefined ? [] : ([32, 64, 128] as const)).flatMap((block) => [
    [`q4, block ${block}, by importance; embedding q8`, { dtype: "q4", block, importance }] as const,
    [`q4-mixed, block ${block}, by importance`, { dtype: "q4-mixed", block, importance }] as const,
  ]),
]

interface Variant {
  readonly name: string
  readonly folder: string
  readonly bytes: number
}

const runtime = makeNodeRuntime({ interlock: new Interlock() })

/** Every dtype of a model, in folders; those whose blocks do not divide its rows are left out. */
async function convertAll(
  source: string,
  root: string,
  importance: string | undefined,
): Promise<ReadonlyArray<Variant>> {
  const made: Array<Variant> = []
  for (const [name, options] of variantsOf(importance).filter(([words]) =>
    values.only.some((only) => words.includes(only)),
  )) {
    const folder = join(root, String(made.length))
    const conversion = await convertModel(source, folder, options).catch((error: unknown) => {
      console.log(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    })
    if (conversion === undefined) continue
    const { size } = await stat(join(folder, "model.safetensors"))
    made.push({ name, folder, bytes: size })
  }
  return made
}

/** The error of all matrices together, relative to their size: root mean square over root mean square. */
async function weightError(source: string, variant: string): Promise<number> {
  const exact = await openCheckpoint(source)
  const files = await openFolder(variant)
  const rowsOf = await dequantise(files)
  let error = 0
  let size = 0
  for (const { read, spec } of exact.tensors.filter((tensor) => isMatrix(tensor.spec))) {
    const step = Math.ceil(2_000_000 / spec.columns)
    for (let first = 0; first < spec.rows; first += step) {
      const count = Math.min(step, spec.rows - first)
      const [a, b] = [await read(first, count), await rowsOf(spec, first, count)]
      for (let i = 0; i < a.length; i++) {
        error += (a[i]! - b[i]!) ** 2
        size += a[i]! ** 2
      }
    }
  }
  await exact.close()
  return Math.sqrt(error / size)
}

/** What a model's distributions are like beside the source's, summed up over tokens. */
class Closeness {
  positions = 0
  targets = 0
  #nats = 0
  #divergence = 0
  #same = 0

  /** Of one position: logits of the source and of the variant, and the token that came. */
  add(exact: Float32Array, own: Float32Array, next: number | undefined): void {
    const [ofExact, ofOwn] = [summarise(exact).logSumExp, summarise(own).logSumExp]
    for (let i = 0; i < exact.length; i++) {
      const logP = exact[i]! - ofExact
      if (logP > -30) this.#divergence += Math.exp(logP) * (logP - (own[i]! - ofOwn))
    }
    if (argmax(exact) === argmax(own)) this.#same++
    this.positions++
    if (next === undefined) return
    this.#nats -= own[next]! - ofOwn
    this.targets++
  }

  get perplexity(): number {
    return Math.exp(this.#nats / this.targets)
  }
  get divergence(): number {
    return this.#divergence / this.positions
  }
  get agreement(): number {
    return this.#same / this.positions
  }
}

const open = async (folder: string): Promise<OpenModel> =>
  OpenModel.open({ files: await openFolder(folder), runtime, heads: ["vocabulary"], cacheBytes: 0 }, [], () => {})

/** Runs all models over the same windows of tokens, chunk by chunk. */
async function compare(
  models: ReadonlyArray<OpenModel>,
  windows: ReadonlyArray<ReadonlyArray<number>>,
): Promise<ReadonlyArray<Closeness>> {
  const results = models.map(() => new Closeness())
  const { config } = models[0]!
  for (const tokens of windows) {
    const sequences = models.map((model) => model.newSequence())
    for (let start = 0; start < tokens.length; start += chunkLength) {
      const chunk = tokens.slice(start, start + chunkLength)
      let exact: Float32Array | undefined
      for (const [i, model] of models.entries()) {
        const { logits } = await model.forward(sequences[i]!, chunk, { rows: chunk.map((_, row) => row) })
        exact ??= logits
        const row = (all: Float32Array, at: number) => all.subarray(at * config.vocabSize, (at + 1) * config.vocabSize)
        for (let at = 0; at < chunk.length; at++)
          results[i]!.add(row(exact, at), row(logits, at), tokens[start + at + 1])
      }
    }
    for (const sequence of sequences) sequence.dispose()
  }
  return results
}

/** Text that the embedded model wrote itself, in f32: it knows no other English. */
async function ownText(model: string): Promise<string> {
  await using facet = await Facet.open({ model })
  const texts: Array<string> = []
  for (let seed = 0; seed < 12; seed++) {
    const animal = ["fox", "bear", "dog", "cat", "owl", "frog"][seed % 6]
    texts.push(
      (await facet.generate(`Tell me a story about a ${animal}.`, { temperature: 1, seed, maxTokens: 180 })).text,
    )
  }
  return texts.join("\n\n")
}

const percent = (value: number, digits = 1) => `${(value * 100).toFixed(digits)} %`
const row = (cells: ReadonlyArray<string>) => console.log(`| ${cells.join(" | ")} |`)

async function showModel(source: string, text: string, limit: number): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "facet-quantisation-"))
  try {
    const made = await convertAll(source, root, values.importance)
    const models = [await open(source)]
    for (const { folder } of made) models.push(await open(folder))
    const exact = models[0]!
    const ids = exact.tokenizer.encodePlain(text).slice(0, limit)
    const windows: Array<ReadonlyArray<number>> = []
    for (let at = 0; at < ids.length; at += windowLength - 1) {
      windows.push([exact.config.bosId, ...ids.slice(at, at + windowLength - 1)])
    }
    const results = await compare(models, windows)
    const base = results[0]!.perplexity
    console.log(`${ids.length} tokens in windows of ${windowLength}; perplexity in f32 ${base.toFixed(3)}\n`)
    row(["weights", "file", "weight error", "perplexity", "against f32", "KL, nats", "same first token"])
    row(["---", "---:", "---:", "---:", "---:", "---:", "---:"])
    for (const [i, { bytes, folder, name }] of made.entries()) {
      const { agreement, divergence, perplexity } = results[i + 1]!
      const change = perplexity / base - 1
      row([
        name,
        `${(bytes / 1e6).toFixed(1)} MB`,
        percent(await weightError(source, folder), 2),
        perplexity.toFixed(3),
        `${change < 0 ? "" : "+"}${percent(change, 2)}`,
        divergence.toFixed(5),
        percent(agreement),
      ])
    }
    for (const model of models) await model.release()
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** How far a guard's probabilities move. */
async function showGuard(source: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "facet-quantisation-"))
  const file = "packages/tiny/recipe/facet_tiny/data/guard/prompts/hand.json"
  const { prompts } = JSON.parse(await readFile(file, "utf8")) as {
    readonly prompts: ReadonlyArray<{ readonly text: string }>
  }
  const probabilities = async (shield: string): Promise<ReadonlyArray<number>> => {
    await using facet = await Facet.open({ model: gemmaFolder, shield })
    const all: Array<number> = []
    for (const { text } of prompts) {
      const verdict = await facet.shield(text)
      all.push(...verdict.policies.map(({ probability }) => probability))
    }
    return all
  }
  try {
    const made = await convertAll(source, root, values["guard-importance"])
    const exact = await probabilities(source)
    console.log(`${prompts.length} prompts, ${exact.length} judgements\n`)
    row(["weights", "moved on average", "moved at most", "on the other side of 0.5"])
    row(["---", "---:", "---:", "---:"])
    for (const { folder, name } of made) {
      const own = await probabilities(folder)
      const moves = own.map((value, i) => Math.abs(value - exact[i]!))
      const flips = own.filter((value, i) => value > 0.5 !== exact[i]! > 0.5).length
      const mean = moves.reduce((a, b) => a + b, 0) / moves.length
      row([name, mean.toFixed(4), Math.max(...moves).toFixed(3), `${flips}`])
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

if (values.model === undefined) {
  console.log("\nThe embedded language model, on text of its own\n")
  await showModel(gemmaFolder, await ownText(gemmaFolder), Number(values.tokens))
  console.log("\nThe embedded guard, on prompts that were written by hand\n")
  await showGuard(shieldFolder)
} else {
  const files = values.text ?? [fileURLToPath(new URL("texts/english.txt", import.meta.url))]
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")))
  await showModel(values.model, texts.join("\n\n"), Number(values.tokens))
}
