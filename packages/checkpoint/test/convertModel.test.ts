import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { InvalidRequestError, ModelFileError } from "@facet/sdk/words"
import { layOutSafetensors, openFolder, openTensors, quantiseMatrix, readModel, toFloat32 } from "@facet/sdk/folders"
import { assert, describe, it } from "vitest"
import { convertModel } from "../src/index.ts"

/** Weights that a seed determines: a linear congruential generator (Numerical Recipes, section 7.1). */
const randomMatrix = (size: number, seed: number): Float32Array => {
  let state = seed
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state / 2 ** 32 - 0.5) * 0.2
  })
}

/** The tied head is a copy of the embedding. */
const seedOf = (name: string): number => (name === "lm_head.weight" ? seedOf("model.embed_tokens.weight") : name.length)

const config = {
  architectures: ["Gemma2ForCausalLM"],
  model_type: "gemma2",
  vocab_size: 300,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 16,
  query_pre_attn_scalar: 16,
  sliding_window: 64,
  attn_logit_softcapping: 50,
  final_logit_softcapping: 30,
  rope_theta: 10000,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 256,
  hidden_activation: "gelu_pytorch_tanh",
  attention_bias: false,
  tie_word_embeddings: true,
  bos_token_id: 2,
  eos_token_id: 1,
}

const shapes = (): Map<string, ReadonlyArray<number>> => {
  const all = new Map<string, ReadonlyArray<number>>([
    ["model.embed_tokens.weight", [300, 32]],
    ["model.norm.weight", [32]],
    ["lm_head.weight", [300, 32]],
  ])
  for (const layer of [0, 1]) {
    const add = (name: string, shape: ReadonlyArray<number>) => all.set(`model.layers.${layer}.${name}.weight`, shape)
    for (const norm of ["input", "post_attention", "pre_feedforward", "post_feedforward"])
      add(`${norm}_layernorm`, [32])
    for (const [name, rows] of [
      ["q", 32],
      ["k", 16],
      ["v", 16],
      ["o", 32],
    ] as const)
      add(`self_attn.${name}_proj`, [rows, 32])
    for (const name of ["gate", "up"]) add(`mlp.${name}_proj`, [64, 32])
    add("mlp.down_proj", [32, 64])
  }
  return all
}

/** A folder with bf16 weights in two shards. */
/** What a folder is like: its head is a copy of the embedding unless it says otherwise. */
type Kind = "sound" | "damaged" | "otherHead" | "otherTensor"

const writeSource = async (root: string, kind: Kind): Promise<void> => {
  const known = shapes()
  if (kind === "otherTensor") known.set("value_head.weight", [1, 32])
  const names = [...known.keys()]
  const weightMap: Record<string, string> = {}
  for (const shard of [0, 1]) {
    const file = `model-0000${shard + 1}-of-00002.safetensors`
    const own = names.filter((_, i) => i % 2 === shard)
    const plans = own.map((name) => {
      const shape = known.get(name)!
      return { name, dtype: "BF16", shape, length: shape.reduce((a, b) => a * b, 2) } as const
    })
    const { header, offsets, size } = layOutSafetensors(plans)
    const bytes = new Uint8Array(size)
    bytes.set(header)
    for (const { length, name } of plans) {
      weightMap[name] = file
      const floats = new Uint32Array(randomMatrix(length / 2, seedOf(name)).buffer)
      const halves = Uint16Array.from(floats, (word) => word >>> 16)
      if (kind === "damaged" || (kind === "otherHead" && name === "lm_head.weight"))
        halves[0] = kind === "damaged" ? 0x7fc0 : 0x3e80
      bytes.set(new Uint8Array(halves.buffer), offsets.get(name)!)
    }
    await writeFile(join(root, file), bytes)
  }
  await writeFile(join(root, "model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }))
  await writeFile(join(root, "config.json"), JSON.stringify(config))
  await writeFile(join(root, "tokenizer.json"), "{}")
}

const withFolders = async (kind: Kind, use: (source: string, target: string) => Promise<void>): Promise<void> => {
  const root = await mkdtemp(join(tmpdir(), "facet-quantise-"))
  try {
    await writeSource(root, kind)
    await use(root, join(root, "quantised"))
  } finally {
    await rm(root, { recursive: true })
  }
}

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

describe("convertModel", () => {
  it("writes a folder that opens, with the weights of the source", () =>
    withFolders("sound", async (source, target) => {
      for (const bits of [4, 8] as const) {
        const quantization = { bits, blockSize: 32 }
        const seen: Array<string> = []
        const onProgress = ({ tensor }: { readonly tensor: string }) => void seen.push(tensor)
        await convertModel(source, target, { dtype: `q${bits}`, block: 32, onProgress })
        const files = await openFolder(target)
        const model = await readModel(files)
        assert.deepStrictEqual(model.config.quantization, quantization)
        const { tensors, unknown } = await openTensors(files, model)
        assert.deepStrictEqual(unknown, [])
        assert.strictEqual(seen.length, shapes().size - 1)
        assert.strictEqual(await readFile(join(target, "tokenizer.json"), "utf8"), "{}")

        const bytesOf = (name: string) => {
          const { file, length, offset } = tensors.get(name)!
          assert.isTrue(tensors.get(name)!.dtype !== "F32" || offset % 4 === 0)
          return files.readRange(file, offset, length)
        }
        const original = (name: string, size: number) =>
          randomMatrix(size, seedOf(name)).map((value) => {
            const word = new Uint32Array(Float32Array.of(value).buffer)
            word[0] = word[0]! & 0xffff0000
            return new Float32Array(word.buffer)[0]!
          })
        const name = "model.layers.1.mlp.down_proj.weight"
        const expected = quantiseMatrix(original(name, 32 * 64), 32, 64, quantization)
        assert.deepStrictEqual(await bytesOf(name), expected.data)
        assert.deepStrictEqual(toFloat32(await bytesOf(`${name}_scale`), "F32"), expected.scales)
        assert.deepStrictEqual(toFloat32(await bytesOf("model.norm.weight"), "F32"), original("model.norm.weight", 32))
      }
    }))

  it("quantises an output head that is not the embedding", () =>
    withFolders("otherHead", async (source, target) => {
      await convertModel(source, target, { dtype: "q8" })
      const files = await openFolder(target)
      const { specs } = await openTensors(files, await readModel(files))
      assert.deepStrictEqual(specs.at(-1), { name: "lm_head", kind: "matrix", rows: 300, columns: 32 })
    }))

  it("refuses a tensor that the architecture does not have", () =>
    withFolders("otherTensor", async (source, target) => {
      const error = await rejection(convertModel(source, target, { dtype: "q8" }))
      assert.instanceOf(error, ModelFileError)
      assert.include(String(error), "value_head.weight")
    }))

  it("refuses a block size that does not fit, the source as target, a quantised source, damaged weights", async () => {
    await withFolders("sound", async (source, target) => {
      assert.instanceOf(await rejection(convertModel(source, target, { block: 64 })), InvalidRequestError)
      // @ts-expect-error: as JavaScript may pass it
      assert.instanceOf(await rejection(convertModel(source, target, { block: 0 })), InvalidRequestError)
      assert.instanceOf(await rejection(convertModel(source, source, { dtype: "q4" })), InvalidRequestError)
      await convertModel(source, target, { dtype: "q4" })
      const again = convertModel(target, join(target, "again"), { dtype: "q4" })
      assert.instanceOf(await rejection(again), InvalidRequestError)
    })
    await withFolders("damaged", async (source, target) => {
      assert.instanceOf(await rejection(convertModel(source, target, { dtype: "q4" })), ModelFileError)
    })
  })
})
