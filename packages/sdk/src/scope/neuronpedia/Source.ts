/** Neuronpedia's name of an autoencoder: a model and a source. */
import { invalidRequest } from "../../words/Errors.ts"

export interface Source {
  /** `gemma-2-2b`. */
  readonly model: string
  /** `20-gemmascope-res-16k`. */
  readonly source: string
}

/**
 * Reads `gemma-2-2b/20-gemmascope-res-16k`, as the catalogue gives it.
 *
 * @throws InvalidRequestError for anything else.
 */
export function readSource(text: string): Source {
  const [model = "", source = "", ...more] = text.split("/")
  if ([model, source].every((word) => /^[\w-][\w.-]*$/.test(word)) && more.length === 0) return { model, source }
  throw invalidRequest(
    "source",
    `${JSON.stringify(text)} is no source of Neuronpedia's`,
    "Give a model and a source, as in gemma-2-2b/20-gemmascope-res-16k.",
  )
}

export const sourceName = ({ model, source }: Source): string => `${model}/${source}`
