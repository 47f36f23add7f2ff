/** A model in Ollama's store on this machine, read in place. Source: Ollama's `server/modelpath.go` and `manifest.go`. */
import { readdir, readFile, stat } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { ModelFileError, ModelNotFoundError } from "../../words/Errors.ts"
import { isJsonObject } from "../ModelFiles.ts"
import type { OllamaSource } from "./ModelSource.ts"

export interface OllamaModel {
  /** The blob, which is a GGUF whatever it is called. */
  readonly path: string
  /** SHA-256 of it, in hexadecimal. */
  readonly sha256: string
}

const modelType = "application/vnd.ollama.image.model"
const adapterType = "application/vnd.ollama.image.adapter"

/** Where stores may be: the user's, or that of the service on Linux. */
function stores(): ReadonlyArray<string> {
  const { OLLAMA_MODELS } = process.env
  if (OLLAMA_MODELS) return [OLLAMA_MODELS]
  const own = join(homedir(), ".ollama", "models")
  const services = ["/usr/share/ollama/.ollama/models", "/var/lib/ollama/models", "/var/lib/ollama/.ollama/models"]
  return process.platform === "linux" ? [own, ...services] : [own]
}

/**
 * Finds the weights of a model.
 *
 * Rejects with a `ModelNotFoundError` when the store has no such model, and with a `ModelFileError` when what it has
 * cannot be used.
 */
export async function findOllama(text: string, source: OllamaSource): Promise<OllamaModel> {
  for (const store of stores()) {
    const manifest = join(store, "manifests", ...source.path.split("/"), source.tag)
    const said = await readFile(manifest, "utf8").catch(() => undefined)
    if (said !== undefined) return readManifest(store, manifest, said, text)
  }
  const there = await tagsOf(source)
  throw new ModelNotFoundError({
    model: text,
    problem: `no such model is in Ollama's store (${stores().join(", ")})`,
    remedy:
      there.length > 0
        ? `There is ${there.map((tag) => `:${tag}`).join(", ")}.`
        : `Get it with \`ollama pull ${text.slice(text.indexOf(":") + 1)}\`, or name the store in OLLAMA_MODELS.`,
  })
}

async function tagsOf({ path }: OllamaSource): Promise<ReadonlyArray<string>> {
  const tags = stores().map((store) => readdir(join(store, "manifests", ...path.split("/"))).catch(() => []))
  return [...new Set((await Promise.all(tags)).flat())].toSorted()
}

async function readManifest(store: string, manifest: string, said: string, text: string): Promise<OllamaModel> {
  const refuse = (problem: string, remedy: string): ModelFileError =>
    new ModelFileError({ file: manifest, problem, remedy })
  const again = `Get it again with \`ollama pull ${text.slice(text.indexOf(":") + 1)}\`.`
  const layers = layersOf(said)
  if (layers === undefined) throw refuse("it is no manifest of Ollama's", again)
  if (layers.some(({ mediaType }) => mediaType === adapterType)) {
    throw refuse("the model has an adapter (LoRA), which would be left out", "Take a model whose adapter is merged.")
  }
  const models = layers.filter(({ mediaType }) => mediaType === modelType)
  const sha256 = /^sha256:([\da-f]{64})$/.exec(models[0]?.digest ?? "")?.[1]
  if (models.length !== 1 || sha256 === undefined) throw refuse(`it names ${models.length} models and not one`, again)
  const path = join(store, "blobs", `sha256-${sha256}`)
  const isThere = await stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  )
  if (!isThere) throw new ModelFileError({ file: path, problem: "missing", remedy: again })
  return { path, sha256 }
}

interface Layer {
  readonly mediaType: string
  readonly digest: string
}

function layersOf(said: string): ReadonlyArray<Layer> | undefined {
  try {
    const value: unknown = JSON.parse(said)
    if (!isJsonObject(value) || !Array.isArray(value["layers"])) return undefined
    return value["layers"].flatMap((layer: unknown) => {
      if (!isJsonObject(layer)) return []
      const { digest, mediaType } = layer
      return typeof digest === "string" && typeof mediaType === "string" ? [{ digest, mediaType }] : []
    })
  } catch {
    return undefined
  }
}
