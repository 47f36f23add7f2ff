/** Where a model comes from, as it is written on a command line or in `Facet.open`. */
import { ModelNotFoundError } from "../../words/Errors.ts"
import { readHubId } from "../readHubId.ts"
import { type HubSource, readHubSource } from "./readHubSource.ts"

/** A variation of a model on Kaggle. */
export interface KaggleSource {
  readonly kind: "kaggle"
  readonly owner: string
  readonly model: string
  /** `transformers`, say. */
  readonly framework: string
  readonly variation: string
  /** The newest where it is left out. */
  readonly version: number | undefined
}

/** A folder, or a `.gguf`, on a web server. */
export interface UrlSource {
  readonly kind: "url"
  readonly url: string
}

/** A model in Ollama's store on this machine. */
export interface OllamaSource {
  readonly kind: "ollama"
  /** Below the store's `manifests`: `registry.ollama.ai/library/gemma2`. */
  readonly path: string
  readonly tag: string
}

/** A folder or a `.gguf` on the disk. */
export interface PathSource {
  readonly kind: "path"
  readonly path: string
}

export type { HubSource }
export type ModelSource = HubSource | KaggleSource | UrlSource | OllamaSource | PathSource

/** The forms of a source, for messages and help texts. */
export const sourceForms =
  "an id (google/gemma-2-2b-it, with @REVISION where one is meant), hf:OWNER/NAME/FILE.gguf, kaggle:OWNER/MODEL/FRAMEWORK/VARIATION, ollama:NAME:TAG, an https URL, a folder, or a .gguf file"

/** A word before a colon; one letter is a drive of Windows. */
const scheme = /^([a-z][a-z\d+.-]+):(.*)$/is

/**
 * Reads a source. What stands for itself, such as `owner/name`, may also be a folder on the disk: who can look decides.
 *
 * @throws ModelNotFoundError that says which form was meant and what is wrong with it.
 *
 * @example
 * readModelSource("google/gemma-2-2b-it@v1") // => { kind: "hub", repository: "google/gemma-2-2b-it", revision: "v1", … }
 */
export function readModelSource(text: string): ModelSource {
  // A path that says nothing would be the folder that the process runs in.
  if (text.trim() === "") throw refuse(text, "it names nothing", `Give ${sourceForms}.`)
  const { 1: name, 2: rest = "" } = scheme.exec(text) ?? []
  switch (name?.toLowerCase()) {
    case undefined:
      return bareSource(text)
    case "hf":
      return readHubSource(text, rest)
    case "kaggle":
      return kaggleSource(text, rest)
    case "ollama":
      return ollamaSource(text, rest)
    case "http":
    case "https":
      return urlSource(text)
    default:
      throw refuse(text, `"${name}:" is no kind of source`, `Give ${sourceForms}.`)
  }
}

const refuse = (model: string, problem: string, remedy: string): ModelNotFoundError =>
  new ModelNotFoundError({ model, problem, remedy })

function bareSource(text: string): ModelSource {
  const id = readHubId(text)
  return id === undefined ? { kind: "path", path: text } : { kind: "hub", ...id, file: undefined }
}

function kaggleSource(text: string, rest: string): KaggleSource {
  const [owner = "", model = "", framework = "", variation = "", version, ...more] = rest.split("/")
  const names = [owner, model, framework, variation]
  const isWhole = names.every((name) => /^[\w-][\w.-]*$/.test(name)) && more.length === 0
  if (!isWhole || (version !== undefined && !/^[1-9]\d{0,8}$/.test(version))) {
    throw refuse(
      text,
      "a model on Kaggle has four names and perhaps a version",
      "Write kaggle:OWNER/MODEL/FRAMEWORK/VARIATION, such as kaggle:google/gemma-2/transformers/gemma-2-2b-it.",
    )
  }
  return {
    kind: "kaggle",
    owner,
    model,
    // The site writes it with a capital letter, its API without.
    framework: framework.toLowerCase(),
    variation,
    version: version === undefined ? undefined : Number(version),
  }
}

/** `NAME`, `NAME:TAG`, `NAMESPACE/NAME:TAG` or `HOST/NAMESPACE/NAME:TAG`, as `ollama run` takes them. */
function ollamaSource(text: string, rest: string): OllamaSource {
  const slash = rest.lastIndexOf("/")
  const colon = rest.indexOf(":", slash + 1)
  const path = colon < 0 ? rest : rest.slice(0, colon)
  const tag = colon < 0 ? "latest" : rest.slice(colon + 1)
  const names = path.split("/")
  const [host = "", namespace = "", name = ""] = [
    ...["registry.ollama.ai", "library"].slice(0, Math.max(0, 3 - names.length)),
    ...names,
  ]
  const isWhole = names.length <= 3 && [namespace, name, tag].every((part) => /^[\w-][\w.-]*$/.test(part))
  if (!isWhole || !/^[\w-][\w.:-]*$/.test(host)) {
    throw refuse(text, "no model of Ollama's is called so", "Write ollama:NAME:TAG, as `ollama list` shows it.")
  }
  return { kind: "ollama", path: `${host}/${namespace}/${name}`, tag }
}

/** Hosts whose pages of models people copy the address of. */
const hubHosts: ReadonlyArray<string> = ["huggingface.co", "www.huggingface.co", "hf.co"]

function urlSource(text: string): HubSource | UrlSource {
  if (!URL.canParse(text)) throw refuse(text, "not a URL", "Check how it is written.")
  const url = new URL(text)
  if (!hubHosts.includes(url.hostname)) return { kind: "url", url: text }
  const [owner = "", name = "", verb, revision, ...file] = url.pathname.split("/").slice(1).map(decodeURIComponent)
  const at = revision === undefined || revision === "" ? "" : `@${revision}`
  const isFile = verb === "resolve" || verb === "blob" || verb === "raw"
  // A folder of a repository is no model that the Hub's own tools would know.
  const inside = isFile && file.length > 0 && file.at(-1)?.toLowerCase().endsWith(".gguf") ? `/${file.join("/")}` : ""
  return readHubSource(text, `${owner}/${name}${inside}${at}`)
}
