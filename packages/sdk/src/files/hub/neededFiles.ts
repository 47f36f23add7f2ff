/** Which files of a repository a model is made of: the rest, such as other frameworks' weights, is not fetched. */
import { DownloadError } from "../../words/Errors.ts"
import { ggufParts } from "../gguf/ggufParts.ts"
import { configFile, optionalFiles, requiredFiles, singleWeights, weightsIndex } from "../ModelFileNames.ts"

const isGguf = (name: string): boolean => name.toLowerCase().endsWith(".gguf")

/** What is fetched first: small, and what else is needed depends on it. */
export interface NeededFiles {
  readonly small: ReadonlyArray<string>
  /** Of weights in one file; those of several are in the index, which is among the small ones. */
  readonly weights: ReadonlyArray<string>
}

/**
 * @param page for messages.
 * @param names of the files in the repository's root, or in the folder of `file`.
 * @param file that was asked for by name: a `.gguf`, or an autoencoder's parameters.
 * @throws DownloadError when that is not there, or when there is no model.
 */
export function neededFiles(page: string, names: ReadonlyArray<string>, file?: string): NeededFiles {
  const refuse = (problem: string, remedy: string): DownloadError => new DownloadError({ url: page, problem, remedy })
  const there = new Set(names)
  const ggufs = names.filter(isGguf)
  if (file !== undefined) {
    const parts = ggufParts(file)
    const missing = parts.find((part) => !there.has(part))
    if (missing === undefined) return { small: [], weights: parts }
    throw refuse(
      `there is no file ${missing}`,
      ggufs.length === 0 ? "The page lists what there is." : `There is ${list(ggufs)}.`,
    )
  }
  const isSharded = !there.has(singleWeights)
  if (there.has(configFile) && (!isSharded || there.has(weightsIndex))) {
    for (const name of requiredFiles)
      if (!there.has(name)) throw refuse(`there is no file ${name}`, "Take a repository that has it.")
    const small = [configFile, ...requiredFiles, ...optionalFiles].filter((name) => there.has(name))
    return isSharded ? { small: [...small, weightsIndex], weights: [] } : { small, weights: [singleWeights] }
  }
  if (ggufs.length === 0) {
    throw refuse(
      "it holds no model that Facet reads: neither config.json with safetensors nor a .gguf",
      "Take a repository of a Gemma with safetensors.",
    )
  }
  throw refuse(
    `it holds ${ggufs.length} .gguf ${ggufs.length === 1 ? "file" : "files"}, and none was named`,
    `Name one, as in hf:OWNER/NAME/${ggufs[0]}. There is ${list(ggufs)}.`,
  )
}

const list = (names: ReadonlyArray<string>): string =>
  names.length <= 12 ? names.join(", ") : `${names.slice(0, 12).join(", ")} and ${names.length - 12} more`
