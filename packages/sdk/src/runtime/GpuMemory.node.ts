/** Buffers on a graphics card under onnxruntime-node, and the queue of all work on it. */
import type { Tensor } from "onnxruntime-common"
import * as ort from "onnxruntime-node"
import type { Graph } from "../graph/Onnx.ts"
import type { LayerKind } from "../graph/ModelConfig.ts"
import { buildEmptyBuffers, buildRowMoving, buildRowWriting, kvNames } from "./KvGraphs.ts"
import type { Guarded } from "./NodeRuntime.node.ts"
import type { Tensors } from "./Runtime.ts"

/** A buffer that is there once the work before is done, or a failure that came instead. */
export interface KvBuffer {
  readonly kind: LayerKind
  /** Tensors of the graph's outputs stay on the card. */
  tensor?: Tensor
  failure?: { readonly cause: unknown }
}

type ByKind<A> = (kind: LayerKind) => A

/** Where rows are written in buffers that are seen as `[size, width]`, all heads counted through. */
interface Writing {
  readonly width: number
  readonly size: ByKind<number>
  readonly slots: ByKind<ReadonlyArray<number>>
}

/** Of buffers of the shape `capacity`, the rows `from .. to - 1` are taken, and zeros of the shape `rest` put after them. */
interface Moving {
  readonly capacity: ByKind<ReadonlyArray<number>>
  readonly from: ByKind<number>
  readonly to: ByKind<number>
  readonly rest: ByKind<ReadonlyArray<number>>
}

export class GpuMemory {
  readonly #guarded: Guarded
  readonly #sessions = new Map<string, Promise<ort.InferenceSession>>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(guarded: Guarded) {
    this.#guarded = guarded
  }

  /** Does something after all that was asked for before. */
  queued<A>(work: () => Promise<A>): Promise<A> {
    const done = this.#last.then(() => this.#guarded(work))
    this.#last = done.catch(() => undefined)
    return done
  }

  /** Runs a graph whose inputs may be buffers on the card, of any shape that has as many numbers. */
  run(session: ort.InferenceSession, feeds: Tensors, fetches: ReadonlyArray<string>): Promise<Tensors> {
    return this.queued(() =>
      session.run(Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, resolved(tensor)])), fetches),
    )
  }

  /** New buffers of zeros. */
  empty(kinds: ReadonlyArray<LayerKind>, shape: ByKind<ReadonlyArray<number>>): ReadonlyArray<KvBuffer> {
    const buffers = kinds.map((kind): KvBuffer => ({ kind }))
    this.#fill(buffers, async () => {
      const session = await this.#open("empty", kinds, buildEmptyBuffers, true)
      return session.run(eachKind(kinds, (kind) => ({ [kvNames.rest(kind)]: int64(shape(kind)) })))
    })
    return buffers
  }

  /** Writes rows into buffers, in place. */
  write(buffers: ReadonlyArray<KvBuffer>, rows: ReadonlyArray<Float32Array>, { size, slots, width }: Writing): void {
    const kinds = buffers.map(({ kind }) => kind)
    this.#fail(buffers, async () => {
      const session = await this.#open("write", kinds, buildRowWriting, false)
      const feeds: Record<string, Tensor> = eachKind(kinds, (kind) => ({
        [kvNames.slots(kind)]: int64(slots(kind), [slots(kind).length, 1]),
      }))
      const fetches: Record<string, Tensor> = {}
      for (const [i, buffer] of buffers.entries()) {
        const whole = resolved(seenAs(buffer, [size(buffer.kind), width]))
        const part = rows[i] ?? new Float32Array(0)
        feeds[kvNames.past(i)] = whole
        feeds[kvNames.rows(i)] = new ort.Tensor("float32", part, [part.length / width, width])
        fetches[kvNames.present(i)] = whole
      }
      await session.run(feeds, fetches)
    })
  }

  /** New buffers that begin with some rows of others. */
  moved(buffers: ReadonlyArray<KvBuffer>, { capacity, from, rest, to }: Moving): ReadonlyArray<KvBuffer> {
    const kinds = buffers.map(({ kind }) => kind)
    const copies = kinds.map((kind): KvBuffer => ({ kind }))
    this.#fill(copies, async () => {
      const session = await this.#open("move", kinds, buildRowMoving, true)
      const feeds: Record<string, Tensor> = eachKind(kinds, (kind) => ({
        [kvNames.from(kind)]: int64([from(kind)]),
        [kvNames.to(kind)]: int64([to(kind)]),
        [kvNames.rest(kind)]: int64(rest(kind)),
      }))
      for (const [i, buffer] of buffers.entries()) {
        feeds[kvNames.past(i)] = resolved(seenAs(buffer, capacity(buffer.kind)))
      }
      return session.run(feeds)
    })
    return copies
  }

  /** Gives buffers back. */
  dispose(buffers: ReadonlyArray<KvBuffer>): void {
    void this.queued(async () => {
      for (const buffer of buffers) {
        buffer.tensor?.dispose()
        delete buffer.tensor
      }
    })
  }

  /** Gives buffers back, and puts others in their places. */
  replace(buffers: ReadonlyArray<KvBuffer>, successors: ReadonlyArray<KvBuffer>): void {
    this.dispose(buffers)
    void this.queued(async () => {
      for (const [i, buffer] of buffers.entries()) Object.assign(buffer, successors[i])
    })
  }

  async release(): Promise<void> {
    const sessions = [...this.#sessions.values()]
    this.#sessions.clear()
    await this.queued(async () => {
      for (const session of await Promise.all(sessions)) await session.release()
    })
  }

  #fill(buffers: ReadonlyArray<KvBuffer>, make: () => Promise<Tensors>): void {
    this.#fail(buffers, async () => {
      const made = await make()
      for (const [i, buffer] of buffers.entries()) {
        const tensor = made[kvNames.present(i)]
        if (tensor !== undefined) buffer.tensor = tensor
      }
    })
  }

  /** Whoever needs the buffers is told what went wrong with them. */
  #fail(buffers: ReadonlyArray<KvBuffer>, work: () => Promise<void>): void {
    void this.queued(work).catch((cause: unknown) => {
      for (const buffer of buffers) buffer.failure = { cause }
    })
  }

  #open(
    name: string,
    kinds: ReadonlyArray<LayerKind>,
    build: (kinds: ReadonlyArray<LayerKind>) => Graph,
    givesBuffers: boolean,
  ): Promise<ort.InferenceSession> {
    const key = [name, ...kinds].join(" ")
    const opened =
      this.#sessions.get(key) ??
      ort.InferenceSession.create(build(kinds).bytes, {
        executionProviders: ["webgpu"],
        executionMode: "sequential",
        intraOpNumThreads: 1,
        logSeverityLevel: 3,
        // With a preferred place onnxruntime-node 1.30 ignores the tensors that a run is given for its outputs.
        ...(givesBuffers && { preferredOutputLocation: "gpu-buffer" as const }),
      })
    this.#sessions.set(key, opened)
    return opened
  }
}

/** A buffer as a graph's input. What stands for it is looked up when the graph runs. */
export const seenAs = (buffer: KvBuffer, dims: ReadonlyArray<number>): Tensor =>
  // The type is a browser's; on Node it is whatever onnxruntime-node gave.
  ort.Tensor.fromGpuBuffer(buffer as unknown as Parameters<typeof ort.Tensor.fromGpuBuffer>[0], {
    dataType: "float32",
    dims,
  })

function resolved(tensor: Tensor): Tensor {
  if (tensor.location !== "gpu-buffer") return tensor
  // `seenAs` made it.
  const { failure, tensor: actual } = tensor.gpuBuffer as unknown as KvBuffer
  if (failure !== undefined) throw failure.cause
  if (actual === undefined) throw new Error("keys and values were given back before they were read")
  // Of onnxruntime-node's own class: a tensor of another is not taken for an output's place.
  return ort.Tensor.fromGpuBuffer(actual.gpuBuffer, { dataType: "float32", dims: tensor.dims })
}

const int64 = (values: ReadonlyArray<number>, dims: ReadonlyArray<number> = [values.length]) =>
  new ort.Tensor("int64", BigInt64Array.from(values, BigInt), dims)

const eachKind = (
  kinds: ReadonlyArray<LayerKind>,
  make: (kind: LayerKind) => Readonly<Record<string, Tensor>>,
): Record<string, Tensor> => Object.assign({}, ...[...new Set(kinds)].map(make)) as Record<string, Tensor>
