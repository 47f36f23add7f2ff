/** Where a model lies on the web: a folder, or one file. */
import { readHubSource } from "../hub/readHubSource.ts"
import { type FolderUrl, folderUrl, hubUrl } from "./folderUrl.ts"

export interface ModelUrl extends FolderUrl {
  /** What it is called: its address without its query, which may hold a secret. */
  readonly id: string
  /** The file of the folder that is the model, a `.gguf` or a `.sbs`; undefined where the folder is. */
  readonly file?: string | undefined
}

/**
 * Reads the URL of a model's folder or of a `.gguf` or `.sbs`; or what lies on the Hugging Face Hub: `owner/name`, or
 * `hf:owner/name/file.gguf`, each with `@revision` where one is meant.
 *
 * @throws DownloadError when it is none of these, is not http(s), or carries a password; ModelNotFoundError for what is no
 * place on the Hub behind `hf:`.
 */
export function modelUrl(model: string, base: string): ModelUrl {
  const folder = folderUrl(/^hf:/i.test(model) ? ofHub(model) : model, base)
  const file = new URL(folder.href)
  if (!/\.(?:gguf|sbs)\/$/i.test(file.pathname)) return { ...folder, id: folder.root }
  file.pathname = file.pathname.slice(0, -1)
  const parent = new URL(".", file)
  // It may sign the request.
  parent.search = file.search
  const name = decodeURIComponent(file.pathname.slice(parent.pathname.length))
  const place = folderUrl(parent.href, base)
  return { ...place, id: `${place.root}/${name}`, address: file.href, href: file.href, file: name }
}

function ofHub(model: string): string {
  const source = readHubSource(model, model.slice("hf:".length))
  return `${hubUrl(source)}${source.file ?? ""}`
}
