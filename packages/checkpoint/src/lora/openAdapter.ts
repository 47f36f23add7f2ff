/** A LoRA as peft saves it: a folder with `adapter_config.json` and `adapter_model.safetensors`. */
import { join } from "node:path"
import { ModelFileError } from "@facet/sdk/words"
import {
  type FloatDtype,
  headName,
  type Model,
  type ModelFiles,
  openFolder,
  openSafetensorsFile,
  readJsonObject,
  type TensorLocation,
  type TensorSpec,
  toFloat32,
} from "@facet/sdk/folders"
import { checkSettings } from "./checkSettings.ts"

const configName = "adapter_config.json"
const weightsName = "adapter_model.safetensors"

/** What an adapter does to one tensor of the model: weights in place of it, a product that is added, or both. */
export interface Change {
  readonly replacement?: TensorLocation
  readonly product?: Product
}

export interface Product {
  /** lora_A: `[rank, columns]`, of an embedding `[rank, rows]`. */
  readonly down: TensorLocation
  /** lora_B: `[rows, rank]`, of an embedding `[columns, rank]`. */
  readonly up: TensorLocation
  readonly rank: number
  readonly scale: number
  readonly isOfEmbedding: boolean
}

export interface Adapter {
  /** By the names of the architecture's table, and `lm_head`. */
  readonly changes: ReadonlyMap<string, Change>
  readonly warnings: ReadonlyArray<string>
  /** A tensor of the adapter, or a part of it, as f32. */
  readonly read: (location: TensorLocation, offset: number, length: number) => Promise<Float32Array>
}

/** The parts of a module's change, as peft names them. */
const parts = /^(.+)\.(lora_A|lora_B|lora_embedding_A|lora_embedding_B)(?:\.default)?(?:\.weight)?$/
const whole = /^(.+?)(?:\.modules_to_save(?:\.default)?|\.base_layer)?\.weight$/

/**
 * Opens an adapter for a model.
 *
 * Rejects with a `ModelFileError` when it is no plain LoRA (the method is named), when a file is damaged, when a tensor
 * is of another shape than the model's, or belongs to no layer of the model: nothing is left out in silence.
 */
export async function openAdapter(folder: string, model: Model): Promise<Adapter> {
  const files = await openFolder(folder)
  const settings = checkSettings(join(files.root, configName), await readJsonObject(files, configName))
  await checkWeights(files)
  const { config } = model
  const head: TensorSpec = { name: headName, kind: "matrix", rows: config.vocabSize, columns: config.hiddenSize }
  const specs = new Map([...model.architecture.tensors(config), head].map((spec) => [spec.name, spec]))
  const warnings = new Set(settings.warnings)
  const changes = new Map<string, Change>()
  const refuse = (problem: string): ModelFileError =>
    new ModelFileError({
      file: join(files.root, weightsName),
      problem,
      remedy: "Take the adapter as peft saved it, and the base model that it was trained on.",
    })
  const found = new Map<string, { readonly module: string; readonly tensors: Map<string, TensorLocation> }>()
  for (const [name, location] of await openSafetensorsFile(files, weightsName)) {
    const own = name.replace(/^base_model\.model\./, "")
    const [, module = "", part = "weight"] = parts.exec(own) ?? whole.exec(own) ?? []
    if (/lora_magnitude_vector/.test(name))
      throw refuse(`the tensor ${name} is one of DoRA, which Facet does not merge`)
    const spec = specs.get(tableName(module, model, specs))
    const leftOut = Object.entries(model.architecture.leftOut).find(([start]) => module.startsWith(start))?.[1]
    if (spec !== undefined) {
      const { tensors } = found.get(spec.name) ?? { tensors: new Map() }
      found.set(spec.name, { module, tensors: tensors.set(part, location) })
    } else if (leftOut !== undefined) warnings.add(`What the adapter changes in ${leftOut} was left out with it.`)
    else throw refuse(`the tensor ${name} changes no layer that this model has`)
    checkFloat(name, location, refuse)
  }
  if (found.size === 0) throw refuse("it changes nothing of the text model")
  for (const [name, { module, tensors }] of found) {
    const spec = specs.get(name)
    if (spec !== undefined)
      changes.set(
        name,
        changeOf(spec, tensors, (rank) => settings.scaleOf(module, rank), refuse),
      )
  }
  return {
    changes,
    warnings: [...warnings],
    read: async ({ dtype, file, offset: start }, offset, length) => {
      const size = dtype === "F32" ? 4 : 2
      // Checked above.
      return toFloat32(await files.readRange(file, start + offset * size, length * size), dtype as FloatDtype)
    },
  }
}

async function checkWeights(files: ModelFiles): Promise<void> {
  if (await files.exists(weightsName)) return
  const isPickled = await files.exists("adapter_model.bin")
  throw new ModelFileError({
    file: join(files.root, weightsName),
    problem: isPickled ? "missing; there is adapter_model.bin, which may run code when it is read" : "missing",
    remedy: "Save the adapter with peft's `save_pretrained()`, which writes safetensors.",
  })
}

/** A module as the table of tensors names it; the empty text where it is none of them. */
function tableName(module: string, { architecture }: Model, specs: ReadonlyMap<string, TensorSpec>): string {
  if (/(?:^|\.)lm_head$/.test(module)) return headName
  for (const prefix of architecture.prefixes) {
    const name = `model.${module.slice(prefix.length)}`
    if (module.startsWith(prefix) && specs.has(name)) return name
  }
  return ""
}

type Refuse = (problem: string) => ModelFileError

function checkFloat(name: string, { dtype }: TensorLocation, refuse: Refuse): void {
  if (!["F32", "F16", "BF16"].includes(dtype)) throw refuse(`the tensor ${name} is ${dtype}, not F32, F16 or BF16`)
}

function changeOf(
  spec: TensorSpec,
  tensors: ReadonlyMap<string, TensorLocation>,
  scaleOf: (rank: number) => number,
  refuse: Refuse,
): Change {
  const { columns, kind, name, rows } = spec
  const isOfEmbedding = tensors.has("lora_embedding_A") || tensors.has("lora_embedding_B")
  const down = tensors.get(isOfEmbedding ? "lora_embedding_A" : "lora_A")
  const up = tensors.get(isOfEmbedding ? "lora_embedding_B" : "lora_B")
  const replacement = tensors.get("weight")
  if (replacement !== undefined)
    checkShape(`${name}.weight`, replacement, kind === "norm" ? [columns] : [rows, columns], refuse)
  if (down === undefined && up === undefined) return replacement === undefined ? {} : { replacement }
  if (down === undefined || up === undefined) throw refuse(`of the two matrices that change ${name}, one is missing`)
  const rank = down.shape[0] ?? 0
  if (rank === 0) throw refuse(`the matrices that change ${name} have the rank 0`)
  checkShape(`${name} lora_A`, down, [rank, isOfEmbedding ? rows : columns], refuse)
  checkShape(`${name} lora_B`, up, [isOfEmbedding ? columns : rows, rank], refuse)
  const product = { down, up, rank, scale: scaleOf(rank), isOfEmbedding }
  return replacement === undefined ? { product } : { product, replacement }
}

function checkShape(name: string, { shape }: TensorLocation, wanted: ReadonlyArray<number>, refuse: Refuse): void {
  if (shape.length === wanted.length && shape.every((extent, i) => extent === wanted[i])) return
  throw refuse(`the tensor ${name} is [${shape.join(", ")}], and the model needs [${wanted.join(", ")}]`)
}
