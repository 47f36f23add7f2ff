/** What onnxruntime-web's wasm and WebGPU builds have in common: graphs over tensors that are handed in as bytes. */
import type { InferenceSession } from "onnxruntime-common"
import { toFloat32 } from "../../files/toFloat32.ts"
import type { Graph } from "../../graph/Onnx.ts"
import { int8Name, int8ScaleName, type TensorSpec } from "../../words/Tensors.ts"
import type { ModelFiles } from "../../files/ModelFiles.ts"
import { isMatrix, type TensorLocation, type TensorLocations } from "../../words/Tensors.ts"
import type { ModelWeights, Session, Tensors } from "../Runtime.ts"
import { readInt8Weights } from "../readInt8Weights.ts"

/** The part of onnxruntime-web's modules that is used here. */
export interface OrtSessions {
  readonly InferenceSession: {
    readonly create: (graph: Uint8Array, options: InferenceSession.SessionOptions) => Promise<InferenceSession>
  }
}

/** Reads what stands under one name in a graph. */
type Blobs = ReadonlyMap<string, () => Promise<Uint8Array>>

/** What a device can do with a model's weights. */
export interface Placing {
  /** Matrices are laid out anew as int8. */
  readonly asInt8?: boolean
  /** Whether bf16 is among the types that it casts; as float32 the same numbers take twice the room. */
  readonly knowsBf16?: boolean
}

/**
 * Every tensor becomes a file of its own: only those that a graph points at are read, and no file is held as a whole,
 * which may be larger than the largest buffer of a page.
 */
export function placeTensors(
  files: ModelFiles,
  weights: ModelWeights,
  { asInt8 = false, knowsBf16 = true }: Placing = {},
): { readonly tensors: TensorLocations; readonly blobs: Blobs } {
  const placed = new Map<string, TensorLocation>()
  const blobs = new Map<string, () => Promise<Uint8Array>>()
  for (const [name, tensor] of weights.tensors) {
    const read = () => files.readRange(tensor.file, tensor.offset, tensor.length)
    const isWidened = tensor.dtype === "BF16" && !knowsBf16
    const form = isWidened ? ({ dtype: "F32", length: 2 * tensor.length } as const) : tensor
    placed.set(name, { ...tensor, ...form, file: name, offset: 0 })
    blobs.set(name, isWidened ? async () => bytesOf(toFloat32(await read(), "BF16")) : read)
  }
  // The tied embedding is the output head.
  const isToLayOut = (spec: TensorSpec) => isMatrix(spec) && !weights.tensors.has(int8Name(spec.name))
  for (const spec of asInt8 ? weights.specs.filter(isToLayOut) : []) {
    const { columns, name, rows } = spec
    // Both are asked for when one graph is opened, one after the other: laid out once.
    let reading: ReturnType<typeof readInt8Weights> | undefined
    const read = () => {
      reading ??= readInt8Weights(files, weights, spec)
      // A reading that failed may do better the next time.
      reading.catch(() => (reading = undefined))
      return reading
    }
    const add = (key: string, location: Omit<TensorLocation, "file" | "offset">, blob: () => Promise<Uint8Array>) => {
      placed.set(key, { ...location, file: key, offset: 0 })
      blobs.set(key, blob)
    }
    add(int8Name(name), { dtype: "I8", shape: [columns, rows], length: rows * columns }, async () =>
      bytesOf((await read()).data),
    )
    add(int8ScaleName(name), { dtype: "F32", shape: [rows], length: rows * 4 }, async () => {
      const { scales } = await read()
      reading = undefined
      return bytesOf(scales)
    })
  }
  return { tensors: placed, blobs }
}

/** A file as it is, under its own name. */
export const placeWhole = (files: ModelFiles, name: string): Blobs =>
  new Map([[name, async () => files.readRange(name, 0, await files.size(name))]])

const bytesOf = ({ buffer, byteLength, byteOffset }: Int8Array | Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** Opens a graph with the bytes that it points at; they are the runtime's own copy afterwards. */
export async function openSession(
  ort: OrtSessions,
  { bytes, files }: Graph,
  blobs: Blobs,
  options: InferenceSession.SessionOptions,
): Promise<Session> {
  const externalData: Array<{ readonly path: string; readonly data: Uint8Array }> = []
  for (const path of files) {
    const read = blobs.get(path)
    if (read === undefined) throw new Error(`the graph points at ${path}, which was not placed`)
    externalData.push({ path, data: await read() })
  }
  const session = await ort.InferenceSession.create(bytes, {
    executionMode: "sequential",
    logSeverityLevel: 3,
    ...options,
    externalData,
  })
  return new WebSession(session)
}

class WebSession implements Session {
  readonly #session: InferenceSession

  constructor(session: InferenceSession) {
    this.#session = session
  }

  run(feeds: Tensors, fetches: ReadonlyArray<string>): Promise<Tensors> {
    return this.#session.run(feeds, fetches)
  }

  release(): Promise<void> {
    return this.#session.release()
  }
}
