/**
 * Whether a device computes what it should. Some graphics drivers run an operator wrongly without a word, and the text
 * then is plausible nonsense. A model folder may hold what its last-position logits are for a few tokens; a device that
 * does not give them is not used. Where a folder has none, and a runtime is at hand that computes rightly, the model's first
 * layers are run on both.
 */
import { ModelFileError, UnsupportedDeviceError } from "../words/Errors.ts"
import { knownLogitsFile } from "../files/ModelFileNames.ts"
import { filePath, isJsonObject, type ModelFiles, readJsonObject } from "../files/ModelFiles.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import { readModel } from "../architectures/readModel.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import type { OpenModel } from "./OpenModel.ts"

/** The most that a logit may be off: float32 on any device differs by some 1e-4; wrong attention differs by whole units. */
const tolerance = { f32: 0.01, f16: 0.15 }

interface KnownLogits {
  readonly tokens: ReadonlyArray<number>
  /** Token ids and their logits after `tokens`, as the original float32 model gives them. */
  readonly logits: ReadonlyMap<number, number>
}

/**
 * Sixteen-bit floats need known logits: without them nobody could tell whether they do well.
 *
 * Rejects with an `UnsupportedDeviceError` before the weights are loaded for nothing.
 */
export async function checkKnowable(runtime: Runtime, files: ModelFiles): Promise<void> {
  const { architecture, config } = await readModel(files)
  const precision = runtime.precision({ specs: architecture.tensors(config), quantization: config.quantization })
  if (precision !== "f16" || (await files.exists(knownLogitsFile))) return
  throw new UnsupportedDeviceError({
    device: runtime.name,
    problem: `the model has no ${knownLogitsFile} to check 16-bit floats against`,
    remedy: 'Open with `precision: "f32"`.',
  })
}

/**
 * Runs the known tokens, where the folder has some and its weights are not quantised: what they give then is known to
 * nobody. There, and in a folder that has none, the model's first layers are compared with those of a reference.
 *
 * Rejects with an `UnsupportedDeviceError` when a logit is off.
 */
export async function checkDevice(
  model: OpenModel,
  files: ModelFiles,
  reference: (() => Runtime) | undefined,
): Promise<void> {
  const known = model.config.quantization === null ? await readKnownLogits(files) : undefined
  if (known !== undefined) return await refuseOff(model, known)
  if (reference === undefined) return
  const right = await model.firstLayers(layersOfEachKind(model.config), reference())
  const expected = await released(right, () => logitsOf(right, ofAnyModel(model.config)))
  const own = await model.firstLayers(layersOfEachKind(model.config))
  await released(own, () => refuseOff(own, expected))
}

/** So many layers that each kind is among them: all of a kind run the same operators. */
const layersOfEachKind = ({ slidingLayers }: Pick<ModelConfig, "slidingLayers">): number =>
  1 + Math.max(slidingLayers.indexOf(true), slidingLayers.indexOf(false))

/** Tokens and candidates all over a vocabulary. */
const ofAnyModel = ({ vocabSize }: Pick<ModelConfig, "vocabSize">) => ({
  tokens: Array.from({ length: 12 }, (_, i) => (i * 7919) % vocabSize),
  ids: Array.from({ length: 16 }, (_, i) => Math.floor((i * vocabSize) / 16)),
})

async function released<A>(model: OpenModel, work: () => Promise<A>): Promise<A> {
  try {
    return await work()
  } finally {
    await model.release()
  }
}

async function refuseOff(model: OpenModel, { logits, tokens }: KnownLogits): Promise<void> {
  const { name, precision } = model.device
  const most = precision === "f16" ? tolerance.f16 : tolerance.f32
  const own = await logitsOf(model, { tokens, ids: [...logits.keys()] })
  for (const [id, expected] of logits) {
    const given = own.logits.get(id) ?? NaN
    if (Math.abs(given - expected) <= most) continue
    throw new UnsupportedDeviceError({
      device: name,
      problem: `it computes wrongly: the logit of token ${id} is ${given.toFixed(3)} instead of ${expected.toFixed(3)}`,
      remedy: "Update the graphics driver, or use another device.",
    })
  }
}

async function logitsOf(
  model: OpenModel,
  { ids, tokens }: { readonly tokens: ReadonlyArray<number>; readonly ids: ReadonlyArray<number> },
): Promise<KnownLogits> {
  const sequence = model.newSequence(tokens.length)
  try {
    // Two runs, so that reading the key-value buffers is checked, too.
    await model.forward(sequence, tokens.slice(0, -1))
    const { logits: row } = await model.forward(sequence, tokens.slice(-1), { rows: [0], candidates: ids })
    const isWhole = row.length !== ids.length
    return { tokens, logits: new Map(ids.map((id, i) => [id, row[isWhole ? id : i] ?? NaN] as const)) }
  } finally {
    sequence.dispose()
  }
}

async function readKnownLogits(files: ModelFiles): Promise<KnownLogits | undefined> {
  if (!(await files.exists(knownLogitsFile))) return undefined
  const { logits, tokens } = await readJsonObject(files, knownLogitsFile)
  const isIds = Array.isArray(tokens) && tokens.length > 1 && tokens.every(Number.isInteger)
  const entries = isJsonObject(logits) ? Object.entries(logits) : []
  if (!isIds || entries.length === 0 || !entries.every(([, logit]) => typeof logit === "number")) {
    throw new ModelFileError({
      file: filePath(files, knownLogitsFile),
      problem: 'it does not look like { "tokens": [2, 651], "logits": { "577": 12.5 } }',
      remedy: "Mend the file or remove it.",
    })
  }
  return { tokens, logits: new Map(entries.map(([id, logit]) => [Number(id), Number(logit)])) }
}
