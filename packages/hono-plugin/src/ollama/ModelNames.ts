/** The names that a model answers to, as Ollama's clients write them: with a tag. */
import { ApiError } from "../openai/ApiError.ts"

const defaultTag = ":latest"

/** A name with its tag: without one it is the latest. */
export const tagged = (name: string): string => (/:[^/]*$/.test(name) ? name : `${name}${defaultTag}`)

/**
 * The name that an answer bears: the one that was asked for, as it was written; without one, the first.
 *
 * @throws ApiError 404 for any other.
 */
export function nameFor(wanted: string | undefined, names: readonly [string, ...ReadonlyArray<string>]): string {
  if (wanted === undefined || wanted === "") return tagged(names[0])
  if (names.some((name) => name === wanted || tagged(name) === tagged(wanted))) return wanted
  throw new ApiError(404, `model not found. There are: ${names.map(tagged).join(", ")}.`, {
    param: "model",
    code: "model_not_found",
  })
}
