/** What interventions promise whoever asks for them, beside and behind everything else a request may have. */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { gemmaFolder, scopeFolder } from "@facet/tiny"
import { convertModel } from "@facet/checkpoint"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Residents } from "../../src/engine/Residents.ts"
import { SaeFeatures } from "../../src/engine/SaeFeatures.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { readModel } from "../../src/architectures/readModel.ts"
import { openSafetensors } from "../../src/files/openSafetensors.ts"
import { readArray } from "../../src/files/PlacedArray.ts"
import { readNpz } from "../../src/files/readNpz.ts"
import {
  Facet,
  type GenerateOptions,
  type Intervention,
  InvalidRequestError,
  RuntimeError,
  ScopeFileError,
} from "../../src/index.ts"
import { readSaePath } from "../../src/scope/SaePath.ts"
import { openScope } from "../../src/scope/openScope.node.ts"
import { failureOf } from "../fixtures/failure.ts"
import { converted, temporaryFolder } from "../fixtures/folders.ts"
import { memoryFiles } from "../fixtures/memoryFiles.ts"
import { type Float32Entry, npz } from "../fixtures/npz.ts"
import { makeSae } from "../fixtures/sae.ts"
import { seededUniform } from "../uniform.ts"

const at = { site: "resid_post", layer: 4 } as const
const steering: Intervention = { type: "steer", ...at, feature: 184, strength: 60 }
const prompt = "Tell me a story about a fox."

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

describe("interventions", () => {
  it("are in force in every effect, and in the request that has them alone", async () => {
    const options = { maxTokens: 12, logprobs: 0 } as const
    const ask = async (interventions: ReadonlyArray<Intervention>) => {
      const parts = []
      for await (const part of facet.stream(prompt, { ...options, interventions })) parts.push(part)
      return {
        said: (await facet.generate(prompt, { ...options, interventions })).logprobs,
        streamed: parts.flatMap((part) => (part.type === "text" ? part.text : [])).join(""),
        score: (await facet.score(prompt, { interventions })).perplexity,
        trace: (await facet.inspect(prompt, { layer: 4, interventions })).tokens,
      }
    }
    const [plain, steered, again] = [await ask([]), await ask([steering]), await ask([])]
    for (const effect of ["said", "streamed", "score", "trace"] as const) {
      assert.notDeepEqual(steered[effect], plain[effect], effect)
      assert.deepEqual(again[effect], plain[effect], effect)
    }
  })

  it("go with a guard and traces, and reach no guard", async () => {
    const options: GenerateOptions = { maxTokens: 16, interventions: [steering] }
    const { text } = await facet.generate(prompt, options)
    const whole = await facet.generate(prompt, { ...options, guard: true, trace: at })
    assert.isTrue(text.startsWith(whole.text))
    // At the site itself a trace reads what was made of it.
    const [trace] = whole.traces
    for (const { features } of trace?.tokens ?? []) assert.strictEqual(features[0]?.index, 184)
    const own = await facet.shield(prompt)
    for (const [i, { probability }] of (whole.verdicts.input?.policies ?? []).entries()) {
      assert.closeTo(probability, own.policies[i]?.probability ?? NaN, 1e-6)
    }
  })

  it("take what a feature writes out of the trace", async () => {
    const [, ...plain] = (await facet.inspect("The dog lived there.", { ...at, topK: 500 })).tokens
    const active = plain.map(({ features }) => features.map(({ index }) => index))
    const [first = 0] = active[0] ?? []
    const interventions: ReadonlyArray<Intervention> = [{ type: "ablate", ...at, feature: first }]
    const [, ...ablated] = (await facet.inspect("The dog lived there.", { ...at, topK: 500, interventions })).tokens
    const strengthOf = (tokens: typeof plain) =>
      tokens[0]?.features.find(({ index }) => index === first)?.activation ?? 0
    assert.isBelow(strengthOf(ablated), strengthOf(plain) / 2)
  })

  it("are refused with what is wrong and what to do", async () => {
    const alone: ReadonlyArray<readonly [Intervention, option: string]> = [
      [{ ...steering, feature: 768 }, "interventions[0].feature"],
      [{ ...steering, layer: 6 }, "interventions[0].layer"],
      [{ ...steering, layer: 3 }, "interventions[0].layer"],
      [{ ...steering, site: "attn_z" }, "interventions[0].site"],
      [{ type: "steer", vector: [1, 2] }, "interventions[0].layer"],
      [{ type: "steer", layer: 1, vector: [1, 2] }, "interventions[0].vector"],
      [{ type: "steer", layer: 1, site: "attn_z", vector: new Float32Array(191) }, "interventions[0].vector"],
      [{ type: "ablate", ...at, feature: 768 }, "interventions[0].feature"],
      [{ type: "splice", ...at, features: { 3: 1, 900: 2 } }, "interventions[0].features[900]"],
    ]
    const much: Intervention = { type: "steer", layer: 1, vector: new Float32Array(192).fill(40_000) }
    const turned: Intervention = { ...much, method: "orthogonal-decomposition", strength: 600 }
    const refusals: ReadonlyArray<readonly [ReadonlyArray<Intervention>, option: string]> = [
      ...alone.map(([intervention, option]) => [[intervention], option] as const),
      // Each is little enough, and all of them are not.
      [[much, much], "interventions[1].strength"],
      [[turned, turned], "interventions[1].strength"],
    ]
    for (const [interventions, option] of refusals) {
      for (const effect of [
        () => facet.generate(prompt, { interventions }),
        () => facet.score(prompt, { interventions }),
        () => facet.inspect(prompt, { interventions }),
      ]) {
        const error = await failureOf(effect())
        assert.instanceOf(error, InvalidRequestError)
        assert.strictEqual(error.option, option)
      }
    }
  })

  it("are refused where two of them set one feature", async () => {
    const clamp: Intervention = { type: "clamp", ...at, feature: 5, value: 3 }
    const twice = (interventions: ReadonlyArray<Intervention>) => facet.score(prompt, { interventions })
    for (const other of [
      { type: "ablate", ...at, feature: 5 },
      { type: "splice", ...at, features: { 5: 1 } },
      { ...clamp, positions: [3] },
    ] satisfies ReadonlyArray<Intervention>) {
      const error = await failureOf(twice([clamp, other]))
      assert.instanceOf(error, InvalidRequestError)
      assert.strictEqual(error.option, "interventions[1]")
    }
    const whole: Intervention = { type: "splice", ...at, errorTerm: false }
    assert.instanceOf(await failureOf(twice([whole, whole])), InvalidRequestError)
    await twice([
      { ...clamp, positions: { to: 4 } },
      { ...clamp, positions: { from: 4 }, value: 1 },
    ])
  })

  it("say that no autoencoders were opened, and need none for a vector", async () => {
    await using bare = await Facet.open({ model: gemmaFolder })
    const error = await failureOf(bare.score(prompt, { interventions: [steering] }))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, "scope")
    await bare.score(prompt, { interventions: [{ type: "steer", layer: 2, vector: new Float32Array(192).fill(1) }] })
  })
})

describe("numbers that are none", () => {
  it("are told as what the interventions did", async () => {
    await using folder = await temporaryFolder()
    // Its attention makes infinity of what is large, and no more than nothing of what a model has by itself.
    await using fragile = await Facet.open({ model: await withLargeWeights(folder.path), scope: scopeFolder })
    const vector = new Float32Array(192).fill(1)
    const interventions: ReadonlyArray<Intervention> = [
      { type: "steer", site: "attn_z", layer: 0, vector, strength: 60_000 },
    ]
    await fragile.score(prompt)
    for (const effect of [
      () => fragile.generate(prompt, { interventions }),
      () => fragile.score(prompt, { interventions }),
      () => fragile.inspect(prompt, { interventions }),
    ]) {
      const error = await failureOf(effect())
      assert.instanceOf(error, RuntimeError)
      assert.include(error.message, "with interventions in force")
      assert.include(error.message, "lower their strengths")
    }
  })
})

/** A copy of the embedded model with one matrix nearly as large as float32 allows. */
async function withLargeWeights(folder: string): Promise<string> {
  await converted(folder, "F32")
  const { file, length, offset } = (await openSafetensors(await openFolder(folder))).get(
    "model.layers.0.self_attn.o_proj.weight",
  )!
  const bytes = await readFile(join(folder, file))
  for (let at = offset; at < offset + length; at += 4) bytes.writeFloatLE(bytes.readFloatLE(at) * 1e34, at)
  await writeFile(join(folder, file), bytes)
  return folder
}

describe("autoencoders that are steered by", () => {
  it("may be of another model: then they are refused", async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, "resid_post/layer_1/width_16/average_l0_4/params.npz")
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, makeSae({ dModel: 64, width: 16 }))
    {
      await using other = await Facet.open({ scope: folder.path })
      const error = await failureOf(other.score(prompt, { interventions: [{ type: "ablate", layer: 1, feature: 3 }] }))
      assert.instanceOf(error, ScopeFileError)
      assert.include(error.message, "width 64")
    }
    // Of a layer that the model has not, and nobody named.
    await cp(join(folder.path, "resid_post/layer_1"), join(folder.path, "resid_post/layer_9"), { recursive: true })
    const ask = async () => {
      await using larger = await Facet.open({ scope: folder.path })
      return await larger.score(prompt)
    }
    const error = await failureOf(ask())
    assert.instanceOf(error, ScopeFileError)
    assert.include(error.message, "another model's: 9 is not a layer")
  })

  it("may be damaged where a feature lies: then that feature is refused", async () => {
    await using folder = await temporaryFolder()
    await cp(scopeFolder, folder.path, { recursive: true })
    const { entries, files } = await openScope(folder.path)
    const { file } = entries.find(({ layer }) => layer === 4)!
    const { offset } = await (await readNpz(files, file)).locate("W_dec")
    const bytes = await readFile(join(folder.path, file))
    bytes.fill(0xff, offset + 4 * 192 * 7, offset + 4 * 192 * 7 + 4)
    await writeFile(join(folder.path, file), bytes)
    await using damaged = await Facet.open({ scope: folder.path })
    const ask = (feature: number) => damaged.score(prompt, { interventions: [{ ...steering, feature }] })
    const error = await failureOf(ask(7))
    assert.instanceOf(error, ScopeFileError)
    assert.include(error.message, "damaged")
    await ask(6)
  })

  it("may be compressed by NumPy", async () => {
    await using folder = await temporaryFolder()
    const { entries, files } = await openScope(scopeFolder)
    const { file } = entries.find(({ layer }) => layer === 4)!
    const { locate, names } = await readNpz(files, file)
    const arrays: Record<string, Float32Entry> = {}
    for (const name of names) {
      const array = await locate(name)
      arrays[name] = [array.shape, [...(await readArray(files, file, array))]]
    }
    const target = join(folder.path, "resid_post", file.slice(file.indexOf("layer_")))
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, npz(arrays, { isDeflated: true }))
    await using packed = await Facet.open({ scope: folder.path })
    const interventions: ReadonlyArray<Intervention> = [steering, { type: "clamp", ...at, feature: 489, value: 9 }]
    assert.deepEqual(await packed.score(prompt, { interventions }), await facet.score(prompt, { interventions }))
  })

  it("are read where their features lie, and nowhere else", async () => {
    const uniform = seededUniform(5)
    const numbers = (count: number) => Array.from({ length: count }, () => Math.fround(uniform()))
    const W_enc = numbers(192 * 64)
    const file = "resid_post/layer_1/width_64/average_l0_8/params.npz"
    const arrays: Record<string, Float32Entry> = {
      W_enc: [[192, 64], W_enc],
      W_dec: [[64, 192], numbers(192 * 64)],
      b_enc: [[64], numbers(64)],
      b_dec: [[192], numbers(192)],
      threshold: [[64], numbers(64)],
    }
    const bytes = npz(arrays)
    const files = memoryFiles({ [file]: new Uint8Array(bytes) })
    const entry = readSaePath(`/memory/${file}`, file)
    const { config } = await readModel(await openFolder(gemmaFolder))
    if (entry === undefined) throw new Error("the path says no place")
    // A small encoder is read through for a column; of a large one nothing else is read.
    for (const [most, read] of [
      [undefined, 192 * 64],
      [1000, 192],
    ] as const) {
      const features = await SaeFeatures.open(files, entry, config, { mostReadThrough: most })
      const before = files.read.bytes
      const { encoder } = await features.direction(40)
      await features.direction(40)
      assert.strictEqual(files.read.bytes - before, 4 * (read + 192 + 2))
      assert.deepEqual(
        encoder,
        Float32Array.from({ length: 192 }, (_, row) => W_enc[64 * row + 40] ?? NaN),
      )
    }
    // What is compressed is held whole, of several files together as far as there is room.
    const packed = memoryFiles({ [file]: new Uint8Array(npz(arrays, { isDeflated: true })) })
    const residents = new Residents(4 * 64 * 192 + 1000)
    const [one, other] = [0, 1].map(() => SaeFeatures.open(packed, entry, config, { residents }))
    await (await one!).direction(40)
    await (await other!).decoderRow(40)
    const before = packed.read.bytes
    await (await other!).decoderRow(41)
    assert.strictEqual(packed.read.bytes, before)
    await (await one!).decoderRow(41)
    assert.isAbove(packed.read.bytes, before)
    assert.isAtMost(residents.bytes, 4 * 64 * 192 + 1000)
  })
})

describe("interventions over quantised weights", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let packed: Facet
  beforeAll(async () => {
    folder = await temporaryFolder()
    const model = join(folder.path, "model")
    await convertModel(gemmaFolder, model, { dtype: "q4" })
    packed = await Facet.open({ model, scope: scopeFolder, lanes: 3 })
  })
  afterAll(async () => {
    await packed.close()
    await folder[Symbol.asyncDispose]()
  })

  it("give the same bits whatever the cache holds and whoever writes beside them", async () => {
    const wanted: ReadonlyArray<ReadonlyArray<Intervention>> = [
      [],
      [steering],
      [
        { ...steering, strength: -40 },
        { type: "clamp", site: "mlp_out", layer: 1, feature: 412, value: 12 },
      ],
    ]
    const ask = async (interventions: ReadonlyArray<Intervention>) => {
      const { logprobs, text } = await packed.generate(prompt, { maxTokens: 16, logprobs: 1, interventions })
      return { logprobs, text }
    }
    const cold = []
    for (const interventions of wanted) cold.push(await ask(interventions))
    assert.strictEqual(new Set(cold.map(({ text }) => text)).size, wanted.length)
    assert.deepStrictEqual(await Promise.all(wanted.map(ask)), cold)
    assert.deepStrictEqual(await Promise.all([...wanted, ...wanted].map(ask)), [...cold, ...cold])
  })
})
