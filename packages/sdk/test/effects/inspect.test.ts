/** What a trace promises. */
import { scopeFolder } from "@facet/tiny"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Facet, InvalidRequestError, inspect } from "../../src/index.ts"
import { runHere } from "../fixtures/engine.ts"
import { failureOf } from "../fixtures/failure.ts"
import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { readArray } from "../../src/files/PlacedArray.ts"
import { readNpz } from "../../src/files/readNpz.ts"
import { openScope } from "../../src/scope/openScope.node.ts"
import { temporaryFolder } from "../fixtures/folders.ts"
import { type Float32Entry, npz } from "../fixtures/npz.ts"

const text = "The little fox ran into the forest. She was happy, and she sang a song to the moon and the stars above."

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

describe("inspectAll", () => {
  it("gives a trace for each site that has an autoencoder, as inspect gives it alone", async () => {
    const traces = await facet.inspectAll(text, { topK: 3 })
    assert.deepStrictEqual(
      traces.map(({ layer, site }) => `${site}.${layer}`),
      ["mlp_out.1", "resid_post.2", "resid_post.4"],
    )
    for (const trace of traces) {
      const { layer, site } = trace
      const alone = await facet.inspect(text, { layer, site, topK: 3 })
      assert.deepStrictEqual(
        trace.tokens.map(({ features, id }) => [id, features.map(({ index }) => index)]),
        alone.tokens.map(({ features, id }) => [id, features.map(({ index }) => index)]),
      )
    }
  })

  it("traces a whole generation at once, and is that of its text", async () => {
    const generation = await facet.generate("Tell me a story about a fox.", { maxTokens: 6, trace: "all" })
    const traces = await facet.inspectAll(generation)
    assert.deepStrictEqual(
      generation.traces.map(({ layer, site }) => `${site}.${layer}`),
      traces.map(({ layer, site }) => `${site}.${layer}`),
    )
    for (const [i, { tokens }] of generation.traces.entries()) {
      const completion = traces[i]?.tokens.slice(-tokens.length) ?? []
      assert.deepStrictEqual(
        tokens.map(({ features }) => features[0]?.index),
        completion.map(({ features }) => features[0]?.index),
      )
    }
  })

  it("is refused without autoencoders, and without features", async () => {
    const error = await failureOf(facet.inspectAll(text, { topK: 0 }))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, "topK")
  })
})

describe("inspect", () => {
  it("gives the same features of autoencoders that NumPy has compressed", async () => {
    await using folder = await temporaryFolder()
    const { entries, files } = await openScope(scopeFolder)
    const { file } = entries.find(({ site }) => site === "resid_post")!
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
    const { layer, tokens } = await packed.inspect(text)
    const plain = await facet.inspect(text, { layer })
    assert.deepStrictEqual(
      tokens.map(({ features }) => features.map(({ index }) => index)),
      plain.tokens.map(({ features }) => features.map(({ index }) => index)),
    )
  })

  it.each([
    "The hungry dog ran home and ate the warm bread.",
    "One day, a fox came to the river. The fox was very helpful.",
    "My sister has a small garden with red flowers and an old tree.",
  ])("shows what somebody understands at most tokens: %s", async (sentence) => {
    const tokens = (await facet.inspect(sentence)).tokens.slice(1)
    const labelled = tokens.filter(({ features: [strongest] }) => strongest?.label !== undefined)
    assert.isAtLeast(labelled.length / tokens.length, 0.7)
  })

  it("lists every token, `<bos>` without features, the strongest feature first", async () => {
    const { layer, site, tokens } = await facet.inspect(text)
    // What can be read: of the embedded autoencoders, the one with the most labels.
    assert.strictEqual(`${site}.${layer}`, "mlp_out.1")
    assert.deepStrictEqual(tokens[0], { token: "<bos>", id: 2, features: [] })
    assert.strictEqual(
      tokens
        .slice(1)
        .map(({ token }) => token)
        .join(""),
      text,
    )
    for (const { features } of tokens.slice(1)) {
      assert.isAtMost(features.length, 5)
      const activations = features.map(({ activation }) => activation)
      assert.deepStrictEqual(
        activations,
        activations.toSorted((a, b) => b - a),
      )
      assert.isTrue(activations.every((activation) => activation > 0))
    }
    assert.isTrue(tokens.some(({ features }) => features.length > 0))
  })

  it("reads any site that has an autoencoder, by either of its names", async () => {
    const mlp = await facet.inspect(text, { site: "mlp_out", topK: 3 })
    const alias = await facet.inspect(text, { site: `blocks.${mlp.layer}.hook_mlp_out`, topK: 3 })
    assert.deepStrictEqual(alias, mlp)
    assert.notDeepEqual((await facet.inspect(text, { site: "resid_post", topK: 3 })).tokens, mlp.tokens)
  })

  it("gives the raw activations of any layer, autoencoder or not", async () => {
    for (const site of ["resid_post", "attn_z", "mlp_out"]) {
      const { activations, tokens } = await facet.inspect(text, { layer: 1, site, topK: 0, activations: true })
      assert.instanceOf(activations, Float32Array)
      assert.strictEqual(activations.length, tokens.length * 192)
      assert.isTrue(activations.every(Number.isFinite))
    }
  })

  it("traces a finished generation together with its prompt", async () => {
    const story = await facet.generate("Tell me a story about a fox.", { maxTokens: 30 })
    const { tokens } = await facet.inspect(story)
    assert.deepStrictEqual(
      tokens.map(({ id }) => id),
      [...story.tokens!.prompt, ...story.tokens!.completion],
    )
  })

  it("traces a generation from its own forward passes: the same features as a second reading", async () => {
    const story = await facet.generate("Tell me a story about a fox.", {
      maxTokens: 40,
      trace: [{ layer: 2 }, { layer: 4 }],
    })
    assert.strictEqual(story.traces.length, 2)
    for (const trace of story.traces) {
      const again = await facet.inspect(story, { layer: trace.layer })
      const tail = again.tokens.slice(story.tokens!.prompt.length)
      assert.deepStrictEqual(
        trace.tokens.map(({ id, token }) => ({ id, token })),
        tail.map(({ id, token }) => ({ id, token })),
      )
      trace.tokens.forEach(({ features }, i) => {
        const expected = new Map(tail[i]?.features.map(({ activation, index }) => [index, activation]))
        for (const { activation, index } of features) {
          assert.closeTo(activation, expected.get(index) ?? NaN, 1e-3)
        }
      })
    }
  })

  it("does not trace what a stop string cut off", async () => {
    const whole = await facet.generate("Tell me a story about a fox.")
    const stop = whole.text.slice(20, 24)
    const cut = await facet.generate("Tell me a story about a fox.", { stop, trace: true })
    const traced = cut.traces[0]?.tokens.map(({ token }) => token).join("") ?? ""
    assert.isTrue(cut.text.startsWith(traced), `${traced} / ${cut.text}`)
  })

  it("gives an empty text an empty trace", async () => {
    assert.deepStrictEqual((await facet.inspect("")).tokens, [{ token: "<bos>", id: 2, features: [] }])
  })

  it("names the layers and sites there are when it is asked for others", async () => {
    for (const options of [
      { layer: 6 },
      { layer: -1 },
      { layer: NaN },
      { layer: 0 },
      { site: "attention" },
      { topK: -1 },
    ]) {
      const error = await failureOf(facet.inspect(text, options))
      assert.instanceOf(error, InvalidRequestError, JSON.stringify(options))
    }
    const error = await failureOf(facet.inspect(text, { layer: 0 }))
    assert.include(String(error), "resid_post at layer 4")
  })

  it.each<[string, unknown, unknown]>([
    ["topK", text, { topK: "5" }],
    ["layer", text, { layer: "4" }],
    ["site", text, { site: "constructor" }],
    ["activations", text, { activations: "yes" }],
    ["options", text, null],
    ["text", null, {}],
    ["text.tokens", { tokens: null }, {}],
    ["text.tokens[0]", { tokens: { prompt: [1.5], completion: [] } }, {}],
  ])("refuses what TypeScript would: %s", async (option, input, options) => {
    const error = await failureOf(facet.inspect(input as string, options as {}))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, option)
  })

  it("traces a generation that filled the context", async () => {
    const options = { template: "none", temperature: 2, seed: 1, logitBias: { 1: -100, 107: -100 } } as const
    const full = await facet.generate("word ".repeat(700), options)
    assert.strictEqual((await facet.inspect(full)).tokens.length, 1024)
  })

  it("takes one autoencoder file, when it is told where it belongs", async () => {
    const whole = await facet.inspect(text, { layer: 4 })
    const file = await parametersAt("resid_post", 4)
    assert.deepStrictEqual(await runHere({ scope: file }, inspect(text)), whole)
  })
})

describe("score", () => {
  it("gives every token but the first its log-probability", async () => {
    const { perplexity, tokens } = await facet.score(text)
    assert.isNull(tokens[0]?.logprob)
    const logprobs = tokens.slice(1).map(({ logprob }) => logprob ?? NaN)
    assert.isTrue(logprobs.every((logprob) => logprob <= 0))
    const mean = logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length
    assert.closeTo(perplexity ?? NaN, Math.exp(-mean), 1e-6)
    // A text of the kind the model was trained on is likelier than the same words in disorder.
    const disorder = await facet.score("moon the. fox into She and sang ran stars a above happy the little song")
    assert.isAbove(disorder.perplexity ?? 0, perplexity ?? Infinity)
  })
})

async function parametersAt(site: string, layer: number): Promise<string> {
  const { entries, files } = await openScope(scopeFolder)
  const entry = entries.find((found) => found.site === site && found.layer === layer)
  if (entry === undefined) throw new Error(`no autoencoder at ${site} ${layer}`)
  return `${files.root}/${entry.file}`
}
