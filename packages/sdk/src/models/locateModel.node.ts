/** Where a model is on this machine, whatever it was named by. */
import { createHash } from "node:crypto"
import { readdir, realpath, stat } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { findKaggle } from "../files/hub/pullKaggle.node.ts"
import { findOllama } from "../files/hub/findOllama.node.ts"
import { findUrl } from "../files/hub/pullUrl.node.ts"
import { ggufParts } from "../files/gguf/ggufParts.ts"
import { HubCache } from "../files/hub/HubCache.node.ts"
import { type HubSource, type KaggleSource, type ModelSource, readModelSource } from "../files/hub/ModelSource.ts"
import { ModelNotFoundError } from "../words/Errors.ts"
import type { Origin } from "./PreparedModels.node.ts"

/** A model as it was published, on this disk. */
export interface Located {
  /** A folder, or a GGUF file. */
  readonly path: string
  readonly isGguf: boolean
  readonly origin: Origin
}

/** What was meant: a path wins over an id that is spelt alike, and `tiny` is the embedded model. */
export async function sourceOf(text: string): Promise<ModelSource> {
  if (text === "tiny") return { kind: "path", path: (await import("@facet/tiny")).gemmaFolder }
  const source = readModelSource(text)
  if (source.kind !== "hub" || /^(?:hf|https?):/i.test(text)) return source
  return (await kindOf(resolve(text))) === undefined ? source : { kind: "path", path: text }
}

/**
 * Finds a model without using the network.
 *
 * @returns undefined for one that could be fetched and has not been.
 * Rejects with a `ModelNotFoundError` for a path that is not there, or a model that Ollama does not have.
 */
export async function locateModel(text: string, source: ModelSource): Promise<Located | undefined> {
  switch (source.kind) {
    case "path":
      return locatePath(text, source.path)
    case "hub": {
      const { file, repository, revision } = source
      const snapshot = await new HubCache(repository).find(revision, file)
      if (snapshot === undefined) return undefined
      return located(file === undefined ? snapshot : join(snapshot, file), hubOrigin(source, snapshot))
    }
    case "kaggle": {
      const path = await findKaggle(source)
      return path === undefined ? undefined : located(path, kaggleOrigin(source, path))
    }
    case "url": {
      const path = await findUrl(source)
      return path === undefined
        ? undefined
        : located(path, {
            identity: `url:${path}`,
            id: withoutQuery(text),
            revision: undefined,
            licence: undefined,
          })
    }
    case "ollama": {
      const { path, sha256 } = await findOllama(text, source)
      return {
        path,
        isGguf: true,
        origin: { identity: `sha256:${sha256}`, id: text, revision: undefined, licence: undefined },
      }
    }
  }
}

const located = (path: string, origin: Origin): Located => ({
  path,
  isGguf: path.toLowerCase().endsWith(".gguf"),
  origin,
})

/** What a repository, or a file of it, is called whatever it was written as, without its revision. */
export const hubName = ({ file, repository }: HubSource): string =>
  file === undefined ? repository : `hf:${repository}/${file}`

/** A snapshot is named by its commit. */
function hubOrigin(source: HubSource, snapshot: string): Origin {
  const id = hubName(source)
  const revision = basename(snapshot)
  return { identity: `hub:${id}@${revision}`, id, revision, licence: undefined }
}

const kaggleOrigin = ({ framework, model, owner, variation, version }: KaggleSource, path: string): Origin => ({
  identity: `kaggle:${path}`,
  id: `kaggle:${owner}/${model}/${framework}/${variation}`,
  revision: version === undefined ? undefined : String(version),
  licence: undefined,
})

/** A query may sign the request. */
const withoutQuery = (url: string): string => url.replace(/[?#].*$/, "")

async function locatePath(text: string, given: string): Promise<Located> {
  const path = resolve(given)
  const kind = await kindOf(path)
  if (kind === undefined) {
    throw new ModelNotFoundError({
      model: text,
      problem: /\.gguf$/i.test(path) ? `there is no file ${path}` : `there is no folder ${path}`,
      remedy: "Check the path.",
    })
  }
  if (kind === "file" && !/\.gguf$/i.test(path)) {
    throw new ModelNotFoundError({
      model: text,
      problem: "that path is a file, and neither a folder nor a .gguf",
      remedy: /\.(?:sbs|h5)$/i.test(path)
        ? "Make a folder of it with `facet convert`, and open that."
        : "Name the folder that holds config.json and the weights.",
    })
  }
  const identity = `path:${await contentKey(path, kind)}`
  return { path, isGguf: kind === "file", origin: { identity, id: path, revision: undefined, licence: undefined } }
}

const kindOf = (path: string): Promise<"file" | "folder" | undefined> =>
  stat(path).then(
    (entry) => (entry.isDirectory() ? "folder" : "file"),
    () => undefined,
  )

/** By where it really lies and by its files' sizes and dates: reading gigabytes to name them would take minutes. */
async function contentKey(path: string, kind: "file" | "folder"): Promise<string> {
  const real = await realpath(path)
  const hash = createHash("sha256").update(real)
  const files = kind === "file" ? otherParts(path) : (await modelFiles(real)).map((name) => join(real, name))
  for (const file of kind === "file" ? [path, ...files] : files) {
    // That a part is missing is said when the model is read.
    const { mtimeMs, size } = await stat(file).catch(() => ({ mtimeMs: 0, size: 0 }))
    hash.update(`\n${file === path ? "" : basename(file)} ${size} ${mtimeMs}`)
  }
  return hash.digest("hex")
}

const modelFiles = async (folder: string): Promise<ReadonlyArray<string>> =>
  (await readdir(folder)).filter((name) => /\.(?:safetensors|json|jinja)$/.test(name)).toSorted()

/** Of a GGUF that was split. */
function otherParts(path: string): ReadonlyArray<string> {
  const parts = ggufParts(basename(path)).map((name) => join(dirname(path), name))
  return parts.filter((part) => part !== path)
}
