/** Which autoencoders belong to a model: by its id, or by its shape where it is a folder of somebody's own. */
import type { PublishedSae } from "./PublishedSae.ts"

/** A model, as far as it is known. */
export interface TrainedModel {
  /** On the Hub, or how it was opened: `google/gemma-2-2b-it`. */
  readonly id?: string | undefined
  /** What its `config.json` says. */
  readonly shape?: { readonly layers: number; readonly hiddenSize: number } | undefined
}

/** Layers and width of the residual stream, which no two of them share. Source: the models' configurations. */
const shapes: Readonly<Record<string, readonly [layers: number, hiddenSize: number]>> = {
  "gemma-2-2b": [26, 2304],
  "gemma-2-9b": [42, 3584],
  "gemma-2-27b": [46, 4608],
  "gemma-3-270m": [18, 640],
  "gemma-3-1b": [26, 1152],
  "gemma-3-4b": [34, 2560],
  "gemma-3-12b": [48, 3840],
  "gemma-3-27b": [62, 5376],
}

/** `gemma-2-2b` of `google/gemma-2-2b-it`, `google/shieldgemma-2b` and `gemma-2-2b-it-Q4_0.gguf`. */
export function familyOf({ id = "", shape }: TrainedModel): string | undefined {
  if (shape !== undefined) {
    const found = Object.entries(shapes).find(
      ([, [layers, width]]) => layers === shape.layers && width === shape.hiddenSize,
    )
    if (found !== undefined) return found[0]
  }
  const name = id.toLowerCase()
  const [, generation, size] = /gemma-?([23])-(\d+[bm])(?![\da-z])/.exec(name) ?? []
  if (size !== undefined) return known(`gemma-${generation}-${size}`)
  const [, guarded] = /shieldgemma-(\d+b)/.exec(name) ?? []
  return guarded === undefined ? undefined : known(`gemma-2-${guarded}`)
}

const known = (family: string): string | undefined => (Object.hasOwn(shapes, family) ? family : undefined)

const baseOf = (trained: string): string => trained.replace(/-(?:it|pt)$/, "")

/** Whether a model is told by its name to follow instructions: autoencoders were trained on both kinds. */
const isTuned = ({ id = "" }: TrainedModel): boolean => /(?:^|[-_/])(?:it|instruct)(?:$|[-_.@/])/i.test(id)

/** Whether an autoencoder was trained on the model or on one of the same size and generation. */
export const isRelated = ({ trained }: PublishedSae, model: TrainedModel): boolean =>
  familyOf(model) === baseOf(trained)

/** The first that was trained on the model itself. */
export const trainedFor = (all: ReadonlyArray<PublishedSae>, model: TrainedModel): PublishedSae | undefined =>
  all.find((sae) => isRelated(sae, model) && isItself(sae.trained, model))

const isItself = (trained: string, model: TrainedModel): boolean =>
  !/shieldgemma/i.test(model.id ?? "") && isTuned(model) === trained.endsWith("-it")

/** The model that a release was trained on, by a path or name that has it in; undefined where it is none of Gemma Scope's. */
export function trainedAt(path: string): string | undefined {
  const [, second, size = "", tuning = ""] = /gemma-scope-(2-)?(\d+[bm])-(pt|it)(?![\da-z])/.exec(path) ?? []
  if (size === "") return undefined
  const family = known(`gemma-${second === undefined ? 2 : 3}-${size}`)
  return family === undefined ? undefined : `${family}${tuning === "it" ? "-it" : ""}`
}

/**
 * What to know of an autoencoder on another model than the one that it was trained on; undefined where it is that one, or
 * where the model's name does not tell.
 *
 * Source: Gemma Scope (arXiv 2408.05147), section on instruction-tuned models.
 */
export function transferWarning(trained: string, model: TrainedModel): string | undefined {
  if (model.id === undefined || familyOf(model) !== baseOf(trained) || isItself(trained, model)) return undefined
  const name = model.id.split("/").at(-1) ?? model.id
  return `These autoencoders were trained on ${trained}, not on ${name}. Gemma Scope's authors found that those of a base model transfer well to the instruction-tuned one by the loss when they are spliced in, and less well by the variance that they leave unexplained: read single activations with care.`
}
