/** `facet pull`: fetches a model, and packs it where it has to be. */
import { resolve } from "node:path"
import type { Located, PrepareOptions, WeightDtype } from "@facet/sdk/models"
import { askToFetch } from "../askToFetch.ts"
import { defineCommand } from "../Command.ts"
import type { Console } from "../Console.ts"
import { showingProgress } from "../Opening.ts"
import { datasetPrefix, datasetSourceOf } from "../evaluation/knownDatasets.ts"
import { jsonOption } from "../Options.ts"
import { UsageError } from "../UsageError.ts"

const dtypes: ReadonlyArray<WeightDtype> = ["q4", "q4-mixed", "q8", "int8", "f16", "f32"]
const blocks = [32, 64, 128] as const

const options = {
  dtype: {
    kind: "text",
    value: "D",
    about: `pack its weights: ${dtypes.join(", ")} (default: as suits its size, where they are larger than 1 GiB)`,
  },
  block: { kind: "number", value: "N", about: `weights that share a scale: ${blocks.join(", ")} (default 32)` },
  out: { kind: "text", value: "DIR", about: "put the packed model there instead of the cache" },
  revision: { kind: "text", value: "R", about: "a branch, a tag or a commit" },
  yes: { kind: "switch", about: "do not ask before gigabytes" },
  ...jsonOption,
} as const

export const pull = defineCommand(
  {
    name: "pull",
    operand: "SOURCE",
    takes: "names",
    summary: "fetch a model, and pack it for this machine",
    options,
    examples: [
      [`pull google/gemma-2-2b-it`, "from the Hugging Face Hub, into its own tools' cache"],
      [`pull hf:bartowski/gemma-2-2b-it-GGUF/gemma-2-2b-it-Q4_0.gguf`, "one GGUF of a repository"],
      [`pull kaggle:google/gemma-2/transformers/gemma-2-2b-it`, "from Kaggle"],
      [`pull ollama:gemma2:2b --dtype q8`, "what Ollama has fetched, in 8 bits"],
      [`pull dataset:xstest`, "a dataset for facet eval"],
      [`pull google/shieldgemma-2b --out ./shieldgemma --yes`, "into a folder to ship, without a question"],
    ],
  },
  async (console, text, { block, dtype, json, out, revision, yes }) => {
    if (text.startsWith(datasetPrefix)) {
      if ([block, dtype, out].some((value) => value !== undefined)) {
        throw new UsageError("a dataset is not packed: leave out --dtype, --block and --out")
      }
      return pullDatasetFile(console, withRevision(text, revision), json === true)
    }
    const packing = { dtype: readDtype(dtype), block: readBlock(block), out }
    const { describeModel, locateModel, pullModel, sourceOf } = await import("@facet/sdk/models")
    const name = withRevision(text, revision)
    const source = await sourceOf(name)
    const located = await showingProgress(console, undefined, (onProgress) =>
      source.kind === "path" || source.kind === "ollama"
        ? locateModel(name, source).then(present)
        : pullModel(name, source, {
            onProgress,
            onPlan: (plan) => askToFetch(console, plan, name, yes),
            signal: console.signal,
          }),
    )
    const path = await openable(console, name, located, packing)
    // What was here before may be no model: it is said now, and not by whoever opens it.
    await describeModel(resolve(path))
    const { licence, revision: at } = located.origin
    if (json === true) {
      await console.out.writeLine(JSON.stringify({ model: name, path, published: located.path, revision: at, licence }))
      return 0
    }
    await console.out.writeLine(path)
    const opened = out === undefined ? name : out
    await console.err.writeLine(console.err.paint.dim(`Ready: facet generate "Hello!" --model ${opened}`))
    return 0
  },
)

/** Into the cache that Hugging Face's tools share; its licence is told, as it says who may use it for what. */
async function pullDatasetFile(console: Console, text: string, json: boolean): Promise<0> {
  const { pullDataset } = await import("@facet/sdk/models")
  const source = datasetSourceOf(text.slice(datasetPrefix.length))
  const { licence, path, revision } = await showingProgress(console, undefined, (onProgress) =>
    pullDataset(source, { onProgress, signal: console.signal }),
  )
  if (json) {
    await console.out.writeLine(JSON.stringify({ dataset: text.slice(datasetPrefix.length), path, revision, licence }))
    return 0
  }
  await console.out.writeLine(path)
  await console.err.writeLine(console.err.paint.dim(`Its licence: ${licence ?? "not told; see its page"}`))
  return 0
}

const present = (located: Located | undefined): Located => {
  if (located === undefined) throw new Error("a path and a store either have a model or say why not")
  return located
}

/** What `--model` opens: the same as without a pull before, where nothing else is wanted. */
async function openable(
  console: Console,
  name: string,
  located: Located,
  packing: Pick<PrepareOptions, "dtype" | "block" | "out">,
): Promise<string> {
  const { prepareModel, resolveModel } = await import("@facet/sdk/models")
  const isDefault = Object.values(packing).every((value) => value === undefined)
  return showingProgress(console, undefined, (onProgress) =>
    isDefault
      ? resolveModel(name, { download: "never", packing: "auto", onProgress, signal: console.signal })
      : prepareModel(located, { ...packing, onProgress, signal: console.signal }),
  )
}

function readDtype(given: string | undefined): WeightDtype | undefined {
  const dtype = dtypes.find((known) => known === given)
  if (given === undefined || dtype !== undefined) return dtype
  throw new UsageError(`--dtype takes one of ${dtypes.join(", ")}, not "${given}"`)
}

function readBlock(given: number | undefined): (typeof blocks)[number] | undefined {
  const block = blocks.find((known) => known === given)
  if (given === undefined || block !== undefined) return block
  throw new UsageError(`--block takes one of ${blocks.join(", ")}, not ${given}`)
}

function withRevision(text: string, revision: string | undefined): string {
  if (revision === undefined) return text
  if (text.includes("@")) throw new UsageError(`${text} names a revision already`)
  return `${text}@${revision}`
}
