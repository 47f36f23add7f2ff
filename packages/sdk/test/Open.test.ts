/**
 * Which model folders open, and what is said of those that do not. Most of them on the test's own thread: that errors and
 * answers are the same from the engine's own is shown by a few.
 */
import { chmod, copyFile, mkdir, readdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gemmaFolder, scopeFolder } from "@facet/tiny"
import { afterAll, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  Facet,
  generate,
  InvalidRequestError,
  inspect,
  ModelFileError,
  ModelNotFoundError,
  Opened,
  type OpenOptions,
  type Score,
  ScopeFileError,
  score,
  shield,
  UnsupportedModelError,
} from "../src/index.ts"
import { convertModel } from "@facet/checkpoint"
import { runHere } from "./fixtures/engine.ts"
import { failureOf } from "./fixtures/failure.ts"
import { makeSae } from "./fixtures/sae.ts"
import { converted, copyOfTiny, editJson, temporaryFolder } from "./fixtures/folders.ts"

const text = "The old bear had a small red boat. He took it to the river and was happy all day long."

const logprobsOf = ({ tokens }: Score) => tokens.slice(1).map(({ logprob }) => logprob ?? NaN)
const scoresOf = async (model: string) => logprobsOf(await runHere({ model }, score(text)))
const whyNot = (options: OpenOptions) => failureOf(runHere(options, Opened))
const distance = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN))))
const meanDistance = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? NaN)), 0) / a.length

/** What the embedded model, in f16, gives on a thread of its own. */
let embedded: ReadonlyArray<number>
beforeAll(async () => {
  await using facet = await Facet.open()
  embedded = logprobsOf(await facet.score(text))
})

describe("a Hugging Face folder opens as it is", () => {
  it("in f32, sharded or not: the same numbers as f16, of which every one is an f32", async () => {
    await using folder = await temporaryFolder()
    assert.isBelow(distance(await scoresOf(await converted(join(folder.path, "f32"), "F32")), embedded), 1e-5)
    assert.isBelow(distance(await scoresOf(await converted(join(folder.path, "shards"), "F32", 3)), embedded), 1e-5)
    assert.isBelow(distance(await scoresOf(gemmaFolder), embedded), 1e-9)
  })

  it("through links, as in the Hugging Face cache", async () => {
    await using folder = await temporaryFolder()
    const blobs = await copyOfTiny(join(folder.path, "blobs"))
    const snapshot = join(folder.path, "snapshots/main")
    await mkdir(snapshot, { recursive: true })
    for (const name of await readdir(blobs)) await symlink(join("../../blobs", name), join(snapshot, name))
    assert.isBelow(distance(await scoresOf(snapshot), embedded), 1e-9)
  })

  it("in bf16, as Google publishes it: as exact as eight bits of precision are", async () => {
    await using folder = await temporaryFolder()
    const bf16 = await scoresOf(await converted(join(folder.path, "bf16"), "BF16"))
    const difference = distance(bf16, embedded)
    assert.isAbove(difference, 0)
    assert.isBelow(difference, 0.5)
  })
})

describe("a quantised folder", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  beforeAll(async () => {
    folder = await temporaryFolder()
  })
  afterAll(() => folder[Symbol.asyncDispose]())
  const quantised = async (bits: 4 | 8) => {
    const target = join(folder.path, `${bits}`)
    await convertModel(gemmaFolder, target, { dtype: `q${bits}`, block: 32 })
    return target
  }

  it.each([
    { bits: 8, bound: 0.1 },
    { bits: 4, bound: 0.8 },
  ] as const)("opens in $bits bits, close to f32", async ({ bits, bound }) => {
    const difference = meanDistance(await scoresOf(await quantised(bits)), embedded)
    assert.isAbove(difference, 0)
    assert.isBelow(difference, bound)
  })

  it("gives the same text with a warm cache as with a cold one, to the letter", async () => {
    const prompt = `${text} `.repeat(8)
    const again = generate(prompt, { temperature: 1, seed: 5, maxTokens: 40 })
    const [cold, warm] = await runHere({ model: await quantised(4) }, Effect.all([again, again]))
    assert.isAbove(warm.usage.cachedTokens, 0)
    assert.strictEqual(warm.text, cold.text)
  })
})

type Spoil = (folder: string) => Promise<unknown>
type ErrorClass = typeof ModelNotFoundError | typeof ModelFileError | typeof UnsupportedModelError

const config =
  (edit: (json: Record<string, unknown>) => void): Spoil =>
  (folder) =>
    editJson(join(folder, "config.json"), edit)
const weights = (folder: string) => join(folder, "model.safetensors")

describe("what cannot be opened is named", () => {
  it.each<[string, Spoil, ErrorClass, string]>([
    ["a folder that is not there", (folder) => rm(folder, { recursive: true }), ModelNotFoundError, "Facet.open"],
    [
      "a file",
      async (folder) => (await rm(folder, { recursive: true }), writeFile(folder, "")),
      ModelNotFoundError,
      "folder",
    ],
    ["no config.json", (folder) => rm(join(folder, "config.json")), ModelFileError, "config.json"],
    ["a broken config.json", (folder) => writeFile(join(folder, "config.json"), "{"), ModelFileError, "config.json"],
    ["no tokenizer.json", (folder) => rm(join(folder, "tokenizer.json")), ModelFileError, "tokenizer.json"],
    [
      "a broken tokenizer.json",
      (folder) => writeFile(join(folder, "tokenizer.json"), "[]"),
      ModelFileError,
      "tokenizer.json",
    ],
    ["no weights", (folder) => rm(weights(folder)), ModelFileError, "model.safetensors"],
    ["truncated weights", (folder) => truncate(weights(folder), 100_000), ModelFileError, "model.safetensors"],
    ["weights of nothing", (folder) => truncate(weights(folder), 0), ModelFileError, "model.safetensors"],
    [
      "weights that are something else",
      (folder) => writeFile(weights(folder), "x".repeat(999)),
      ModelFileError,
      "model.safetensors",
    ],
    [
      "another architecture",
      config((json) => (json["architectures"] = ["LlamaForCausalLM"])),
      UnsupportedModelError,
      "LlamaForCausalLM",
    ],
    ["a wrong field", config((json) => (json["hidden_size"] = "wide")), ModelFileError, "hidden_size"],
    [
      "a tensor too few",
      config((json) => (delete json["layer_types"], (json["num_hidden_layers"] = 7))),
      ModelFileError,
      "model.layers.6",
    ],
    ["a tensor of another shape", config((json) => (json["intermediate_size"] = 672)), ModelFileError, "mlp"],
  ])("%s", async (_, spoil, expected, named) => {
    await using folder = await temporaryFolder()
    const model = await copyOfTiny(join(folder.path, "model"))
    await spoil(model)
    const error = await whyNot({ model })
    assert.isTrue(error instanceof expected, String(error))
    if (named !== "Facet.open") assert.include(String(error), named)
  })

  it("also from the engine's own thread", async () => {
    await using folder = await temporaryFolder()
    const model = await copyOfTiny(join(folder.path, "model"))
    await truncate(weights(model), 100_000)
    const error = await failureOf(Facet.open({ model }))
    assert.instanceOf(error, ModelFileError)
    assert.include(error.file, "model.safetensors")
    assert.strictEqual(error.message, String(await whyNot({ model })).replace(/^ModelFileError: /, ""))
  })

  it("an id without a local copy, and how to get one", async () => {
    const error = await whyNot({ model: "google/gemma-2-nowhere" })
    assert.instanceOf(error, ModelNotFoundError)
    assert.include(error.message, "google/gemma-2-nowhere")
  })

  it("a guard that was never opened", async () => {
    assert.instanceOf(await failureOf(runHere({ model: gemmaFolder }, shield("x"))), InvalidRequestError)
  })

  it("a guard that belongs to the model, of whatever revision, and is not there", async () => {
    await using cache = await temporaryFolder()
    const copies = join(cache.path, "models--google--gemma-2-2b-it")
    await copyOfTiny(join(copies, "snapshots", "c1"))
    vi.stubEnv("HF_HUB_CACHE", cache.path)
    try {
      for (const model of ["google/gemma-2-2b-it", "google/gemma-2-2b-it@c1"]) {
        const error = await failureOf(runHere({ model }, shield("x")))
        assert.instanceOf(error, ModelNotFoundError)
        assert.include(String(error), "google/shieldgemma-2b")
      }
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it("a folder that may not be read", async () => {
    if (process.getuid?.() === 0) return // Root may read everything.
    await using folder = await temporaryFolder()
    await chmod(folder.path, 0o000)
    assert.instanceOf(await whyNot({ model: folder.path }), ModelNotFoundError)
  })
})

const names = await readdir(scopeFolder, { recursive: true })
const original = join(scopeFolder, names.find((name) => /resid_post.layer_4.*npz$/.test(name)) ?? "")

describe("autoencoders that do not fit are named", () => {
  const spoilt = async (spoil: (file: string, root: string) => Promise<unknown>) => {
    await using folder = await temporaryFolder()
    const target = join(folder.path, "resid_post/layer_4/width_768/average_l0_10")
    await mkdir(target, { recursive: true })
    await spoil(join(target, "params.npz"), folder.path)
    return await failureOf(runHere({ scope: folder.path }, inspect("x", { layer: 4 })))
  }
  it.each<[string, (file: string, root: string) => Promise<unknown>]>([
    ["a truncated file", async (file) => (await copyFile(original, file), truncate(file, 50_000))],
    ["something that is no archive", (file) => writeFile(file, "not a zip at all, only some text that is long enough")],
    ["an empty folder", (file) => rm(file, { force: true })],
    [
      "a file whose place nobody knows",
      async (file, root) => (await copyFile(original, file), rename(file, join(root, "params.npz"))),
    ],
  ])("%s", async (_, spoil) => {
    assert.instanceOf(await spoilt(spoil), ScopeFileError)
  })

  it("a layer that contradicts the file's own path", async () => {
    const error = await whyNot({ scope: original, layer: 2 })
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, "layer")
  })

  it("not one of another kind that lies beside them: it is left alone", async () => {
    await using folder = await temporaryFolder()
    const release = join(folder.path, "gemma-scope-2b-pt-res")
    for (const place of ["embedding/width_4k/average_l0_6", "layer_4/width_1k/average_l0_9"]) {
      await mkdir(join(release, place), { recursive: true })
      await copyFile(original, join(release, place, "params.npz"))
    }
    const both = Effect.all([inspect("x"), Effect.flip(inspect("x", { layer: 0 }))])
    const [trace, error] = await runHere({ scope: release }, both)
    assert.strictEqual(trace.layer, 4)
    assert.instanceOf(error, InvalidRequestError)
  })

  it("what belongs to another model is a warning, told once and kept", async () => {
    await using folder = await temporaryFolder()
    const [scope, model] = [join(folder.path, "gemma-scope-2b-pt-res"), join(folder.path, "gemma-2-2b-it")]
    await mkdir(join(scope, "layer_4/width_1k/average_l0_9"), { recursive: true })
    await copyFile(original, join(scope, "layer_4/width_1k/average_l0_9/params.npz"))
    await symlink(gemmaFolder, model)
    const told: Array<string | undefined> = []
    await using facet = await Facet.open({
      model,
      scope,
      onProgress: ({ isWarning, message }) => isWarning === true && told.push(message),
    })
    assert.lengthOf(facet.warnings, 1)
    assert.match(facet.warnings[0] ?? "", /trained on gemma-2-2b, not on gemma-2-2b-it/)
    assert.deepStrictEqual(told, [...facet.warnings])
  })

  it("one of another width", async () => {
    await using folder = await temporaryFolder()
    const wide = join(folder.path, "wide.npz")
    await writeFile(wide, makeSae({ dModel: 64, width: 16 }))
    const error = await failureOf(runHere({ scope: wide, layer: 4, site: "resid_post" }, inspect("x")))
    assert.instanceOf(error, ScopeFileError)
    assert.include(error.message, "64")
  })
})
