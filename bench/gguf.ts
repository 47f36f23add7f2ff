/**
 * A GGUF beside llama.cpp: `npx pnpm@12 bench:gguf FILE.gguf [f32 q8 q4 usual llama.cpp]`. Perplexity of each page of text,
 * and what both write after ten beginnings, greedily. llama.cpp runs the file as it is; Facet a folder that was converted
 * from it. llama.cpp's probabilities take minutes.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { convertModel, type ConvertOptions } from "@facet/checkpoint"
import { Facet } from "@facet/sdk"
import { dequantise, ggufBlock, ggufEncodings } from "@facet/sdk/folders"
import { getLlama, LlamaLogLevel } from "node-llama-cpp"
import { readFlags } from "./readFlags.ts"

const { operands, refuse } = readFlags({
  command: "npx pnpm@12 bench:gguf",
  about: "A GGUF beside llama.cpp: perplexity of each page of text, and what both write after ten beginnings.",
  operands: "FILE.gguf [f32 q8 q4 usual llama.cpp]",
  flags: {},
})
const [file = refuse("Name a GGUF file."), ...asked] = operands

const pages = fileURLToPath(new URL("../packages/checkpoint/test/gguf/pages/", import.meta.url))
const texts = await Promise.all(
  (await readdir(pages))
    .filter((name) => name.endsWith(".txt"))
    .map(async (name) => ({
      name: name.replace(".txt", ""),
      text: (await readFile(join(pages, name), "utf8")).trimEnd(),
    })),
)

const beginnings = [
  "The capital of France is",
  "Once upon a time, in a small village by the sea,",
  "Water boils at a temperature of",
  "The most important thing about learning to cook is",
  "In 1969, the first humans",
  "A good night's sleep is important because",
  "The difference between a frog and a toad is",
  "Dear Sir or Madam,",
  "The three primary colours are",
  "To make a cup of tea, first",
]
const continued = 32

/** Something that runs the model. */
interface Side {
  readonly name: string
  /** What each token of a text after the first is worth, as a natural logarithm. */
  readonly logprobs: (text: string) => Promise<ReadonlyArray<number>>
  readonly continue: (text: string) => Promise<string>
}

const dtypes: ReadonlyArray<readonly [string, ConvertOptions]> = [
  ["f32", { dtype: "f32" }],
  ["q8", { dtype: "q8" }],
  ["q4", { dtype: "q4" }],
  ["usual", {}],
]
const wanted = (name: string): boolean => asked.length === 0 || asked.includes(name)

const mean = (values: ReadonlyArray<number>): number => values.reduce((a, b) => a + b, 0) / values.length
const perplexity = (values: ReadonlyArray<number>): number => Math.exp(-mean(values))

console.log(`${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, Node ${process.versions.node}\n`)
printSpeed()
const folder = await mkdtemp(join(tmpdir(), "facet-gguf-"))
try {
  const rows: Array<Measured> = []
  for (const [name, options] of dtypes.filter(([name]) => wanted(name))) {
    const model = join(folder, "model")
    await convertModel(file, model, options)
    await using facet = await Facet.open({ model, device: "cpu" })
    rows.push(await measure(facetSide(name, facet)))
    await rm(model, { recursive: true })
  }
  if (wanted("llama.cpp")) rows.push(await measure(await llamaSide(file)))
  report(rows)
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** How fast each encoding is unpacked, by one thread. */
function printSpeed(): void {
  console.log(["encoding".padEnd(10), "bits a weight", "read, MB/s", "f32 out, MB/s"].join("  "))
  for (const encoding of ggufEncodings) {
    const { bytes, weights } = ggufBlock(encoding)
    const packed = new Uint8Array(Math.floor(4_000_000 / bytes) * bytes).fill(0x2e)
    let best = Infinity
    for (let round = 0; round < 10; round++) {
      const start = performance.now()
      dequantise(packed, encoding)
      best = Math.min(best, performance.now() - start)
    }
    const read = packed.length / best / 1000
    const bits = (bytes * 8) / weights
    console.log([encoding.padEnd(10), bits.toFixed(2), read.toFixed(0), ((read * 32) / bits).toFixed(0)].join("  "))
  }
  console.log("")
}

interface Measured {
  readonly name: string
  readonly own: ReadonlyArray<ReadonlyArray<number>>
  readonly said: ReadonlyArray<string>
}

async function measure({ continue: write, logprobs, name }: Side): Promise<Measured> {
  console.error(`… ${name}`)
  const own: Array<ReadonlyArray<number>> = []
  for (const { text } of texts) own.push(await logprobs(text))
  const said: Array<string> = []
  for (const beginning of beginnings) said.push(await write(beginning))
  return { name, own, said }
}

function report(rows: ReadonlyArray<Measured>): void {
  const [plain] = rows
  console.log(["".padEnd(20), ...texts.map(({ name }) => name), "all", "mean |d|", "max |d|"].join("  "))
  for (const { name, own } of rows) {
    const all = own.flat()
    const apart = all.map((value, i) => Math.abs(value - (plain?.own.flat()[i] ?? NaN)))
    const numbers = [...own, all].map((values) => perplexity(values).toFixed(3))
    console.log(
      [name.padEnd(20), ...numbers, mean(apart).toFixed(5), apart.reduce((a, b) => Math.max(a, b), 0).toFixed(4)].join(
        "  ",
      ),
    )
  }
  for (const [i, beginning] of beginnings.entries()) {
    console.log(`\n${beginning}`)
    for (const { name, said } of rows) console.log(`  ${name.padEnd(20)} ${JSON.stringify(said[i])}`)
  }
}

function facetSide(name: string, facet: Facet): Side {
  return {
    name,
    logprobs: async (text) => (await facet.score(text)).tokens.slice(1).map(({ logprob }) => logprob ?? NaN),
    continue: async (text) => (await facet.generate(text, { template: "none", maxTokens: continued })).text,
  }
}

async function llamaSide(path: string): Promise<Side> {
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error })
  const model = await llama.loadModel({ modelPath: path })
  // Its threads wait by spinning, and nothing here measures speed.
  const context = await model.createContext({ contextSize: 2048, threads: 1 })
  const sequence = context.getSequence()
  const idsOf = (text: string) => [...(model.tokens.bos === null ? [] : [model.tokens.bos]), ...model.tokenize(text)]
  return {
    name: "llama.cpp",
    logprobs: async (text) => {
      await sequence.clearHistory()
      const ids = idsOf(text)
      const found: Array<number> = []
      // Every position's probabilities are a map of the whole vocabulary: some positions at a time.
      for (let from = 0; from < ids.length - 1; from += 64) {
        const part = ids.slice(from, Math.min(from + 64, ids.length - 1))
        const steps = await sequence.controlledEvaluate(
          part.map((id) => [id, { generateNext: { probabilities: true } }]),
        )
        for (const [i, step] of steps.entries()) {
          found.push(Math.log(step?.next.probabilities?.get(ids[from + i + 1]!) ?? NaN))
        }
      }
      return found
    },
    continue: async (text) => {
      await sequence.clearHistory()
      const tokens: Array<Parameters<typeof model.detokenize>[0][number]> = []
      for await (const token of sequence.evaluate(idsOf(text), { temperature: 0 })) {
        if (model.isEogToken(token) || tokens.push(token) >= continued) break
      }
      return model.detokenize(tokens)
    },
  }
}
