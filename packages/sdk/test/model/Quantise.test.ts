import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { InvalidRequestError, ModelFileError } from "../../src/Errors.ts"
import { openFolder } from "../../src/hub/folder.node.ts"
import { type Quantization, readConfig } from "../../src/model/Config.ts"
import { toFloat32 } from "../../src/model/Floats.ts"
import { dequantiseMatrix, quantiseMatrix } from "../../src/model/Quantise.ts"
import { quantiseFolder } from "../../src/model/quantiseFolder.node.ts"
import { checkGemmaTensors, openSafetensors } from "../../src/model/Safetensors.ts"
import { layOutSafetensors } from "../../src/model/SafetensorsWriter.ts"
import { seededRandom } from "../../src/engine/Random.ts"

const integer = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const randomMatrix = (size: number, seed: number): Float32Array => {
  const random = seededRandom(seed)
  return Float32Array.from({ length: size }, () => (random.next() + random.next() - 1) * 0.1)
}

/** The squared error of llama.cpp's Q4_0 on one block. */
const errorOfQ40 = (block: ReadonlyArray<number>): number => {
  const extreme = block.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0)
  const scale = Math.fround(extreme / -8)
  const level = (value: number) => (scale === 0 ? 0 : Math.min(7, Math.max(-8, Math.round(value / scale))))
  return block.reduce((sum, value) => sum + (value - scale * level(value)) ** 2, 0)
}

describe("Quantise", () => {
  it.prop(
    "weights come back within the bounds",
    { rows: integer(1, 5), columns: integer(1, 100), bits: Schema.Literals([4, 8]), seed: integer(0, 9999) },
    ({ bits, columns, rows, seed }) => {
      const quantization: Quantization = { bits, blockSize: 32 }
      const values = randomMatrix(rows * columns, seed)
      const quantised = quantiseMatrix(values, rows, columns, quantization)
      const blocks = Math.ceil(columns / 32)
      assert.strictEqual(quantised.scales.length, rows * blocks)
      assert.strictEqual(quantised.data.length, (rows * blocks * 32 * bits) / 8)
      const back = dequantiseMatrix(quantised, rows, columns, quantization)
      for (let at = 0; at < rows * blocks; at++) {
        const start = Math.floor(at / blocks) * columns + (at % blocks) * 32
        const length = Math.min(32, columns - (at % blocks) * 32)
        const block = [...values.subarray(start, start + length)]
        const errors = block.map((value, i) => Math.abs(value - back[start + i]!))
        if (bits === 8) assert.isAtMost(Math.max(...errors), Math.abs(quantised.scales[at]!) * 0.50001)
        else
          assert.isAtMost(
            errors.reduce((sum, error) => sum + error ** 2, 0),
            errorOfQ40(block) * (1 + 1e-5) + 1e-15,
          )
      }
    },
    { arbitrary: { runs: 200 } },
  )

  it("puts the low nibble first, and pads with the zero point", () => {
    const values = Float32Array.from({ length: 17 }, (_, i) => (i < 16 ? i - 8 : 0))
    const { data, scales } = quantiseMatrix(values, 1, 17, { bits: 4, blockSize: 16 })
    assert.deepStrictEqual([...data.subarray(0, 8)], [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe])
    assert.deepStrictEqual(
      [...data.subarray(8)],
      Array.from({ length: 8 }, () => 0x88),
    )
    assert.deepStrictEqual([...scales], [1, 0])
    const eight = quantiseMatrix(Float32Array.of(-1.27, 1.27, 0, 0.01), 2, 2, { bits: 8, blockSize: 16 })
    assert.deepStrictEqual([...eight.data.subarray(0, 3)], [1, 255, 128])
    assert.deepStrictEqual([...eight.data.subarray(16, 19)], [128, 255, 128])
  })

  it("keeps what is on the grid exactly", () => {
    for (const scale of [1, -0.25, 3]) {
      const values = Float32Array.from({ length: 64 }, (_, i) => ((i % 16) - 8) * scale)
      const back = dequantiseMatrix(quantiseMatrix(values, 2, 32, { bits: 4, blockSize: 16 }), 2, 32, {
        bits: 4,
        blockSize: 16,
      })
      // Equal as numbers: a negative scale may turn 0 into -0.
      values.forEach((value, i) => assert.isTrue(back[i] === value))
    }
  })

  it("refuses values that are not finite or too few", () => {
    const quantization: Quantization = { bits: 4, blockSize: 16 }
    assert.throws(() => quantiseMatrix(Float32Array.of(1, NaN), 1, 2, quantization), InvalidRequestError)
    assert.throws(() => quantiseMatrix(Float32Array.of(1), 1, 2, quantization), InvalidRequestError)
  })
})

describe("Floats", () => {
  it("reads f16 and bf16", () => {
    const bytes = (halves: Array<number>) => new Uint8Array(Uint16Array.from(halves).buffer)
    const half = [0x3c00, 0xc000, 0x3555, 0x0001, 0x8000, 0x7bff, 0x7c00]
    assert.deepStrictEqual([...toFloat32(bytes(half), "F16")], [1, -2, 0.333251953125, 2 ** -24, -0, 65504, Infinity])
    assert.deepStrictEqual([...toFloat32(bytes([0x3f80, 0xc049, 0x0001]), "BF16")], [1, -3.140625, 2 ** -133])
    const odd = new Uint8Array([0, ...bytes([0x3f80])]).subarray(1)
    assert.deepStrictEqual([...toFloat32(odd, "BF16")], [1])
  })
})

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
const writeSource = async (root: string, spoil = false): Promise<void> => {
  const names = [...shapes().keys()]
  const weightMap: Record<string, string> = {}
  for (const shard of [0, 1]) {
    const file = `model-0000${shard + 1}-of-00002.safetensors`
    const own = names.filter((_, i) => i % 2 === shard)
    const plans = own.map((name) => {
      const shape = shapes().get(name)!
      return { name, dtype: "BF16", shape, length: shape.reduce((a, b) => a * b, 2) } as const
    })
    const { header, offsets, size } = layOutSafetensors(plans)
    const bytes = new Uint8Array(size)
    bytes.set(header)
    for (const { length, name } of plans) {
      weightMap[name] = file
      const floats = new Uint32Array(randomMatrix(length / 2, name.length).buffer)
      const halves = Uint16Array.from(floats, (word) => word >>> 16)
      if (spoil) halves[0] = 0x7fc0
      bytes.set(new Uint8Array(halves.buffer), offsets.get(name)!)
    }
    await writeFile(join(root, file), bytes)
  }
  await writeFile(join(root, "model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }))
  await writeFile(join(root, "config.json"), JSON.stringify(config))
  await writeFile(join(root, "tokenizer.json"), "{}")
}

const withFolders = async (spoil: boolean, use: (source: string, target: string) => Promise<void>): Promise<void> => {
  const root = await mkdtemp(join(tmpdir(), "facet-quantise-"))
  try {
    await writeSource(root, spoil)
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

describe("quantiseFolder", () => {
  it("writes a folder that opens, with the weights of the source", () =>
    withFolders(false, async (source, target) => {
      for (const bits of [4, 8] as const) {
        const quantization = { bits, blockSize: 16 }
        const seen: Array<string> = []
        await quantiseFolder(source, target, quantization, ({ tensor }) => seen.push(tensor))
        const files = await openFolder(target)
        const read = await readConfig(files)
        assert.deepStrictEqual(read.quantization, quantization)
        const tensors = await openSafetensors(files)
        checkGemmaTensors(read, tensors, files.root)
        assert.isFalse(tensors.has("lm_head.weight"))
        assert.strictEqual(seen.length, shapes().size - 1)
        assert.strictEqual(await readFile(join(target, "tokenizer.json"), "utf8"), "{}")

        const bytesOf = (name: string) => {
          const { file, length, offset } = tensors.get(name)!
          assert.isTrue(tensors.get(name)!.dtype !== "F32" || offset % 4 === 0)
          return files.readRange(file, offset, length)
        }
        const original = (name: string, size: number) =>
          randomMatrix(size, name.length).map((value) => {
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

  it("refuses a block size that does not fit, the source as target, a quantised source, damaged weights", async () => {
    await withFolders(false, async (source, target) => {
      assert.instanceOf(
        await rejection(quantiseFolder(source, target, { bits: 4, blockSize: 64 })),
        InvalidRequestError,
      )
      assert.instanceOf(await rejection(quantiseFolder(source, target, { bits: 4, blockSize: 0 })), InvalidRequestError)
      assert.instanceOf(
        await rejection(quantiseFolder(source, source, { bits: 4, blockSize: 16 })),
        InvalidRequestError,
      )
      await quantiseFolder(source, target, { bits: 4, blockSize: 16 })
      const again = quantiseFolder(target, join(target, "again"), { bits: 4, blockSize: 16 })
      assert.instanceOf(await rejection(again), InvalidRequestError)
    })
    await withFolders(true, async (source, target) => {
      assert.instanceOf(await rejection(quantiseFolder(source, target, { bits: 4, blockSize: 16 })), ModelFileError)
    })
  })
})
