import { ModelFileError } from "@facet/sdk/words"
import type { ModelFiles } from "@facet/sdk/folders"

/**
 * Texts as a folder's files, so that what was made of another format is read, and checked, like any model's.
 *
 * @param root for messages.
 */
export function memoryFolder(root: string, texts: ReadonlyMap<string, string>): ModelFiles {
  const textOf = (name: string): string => {
    const text = texts.get(name)
    if (text !== undefined) return text
    throw new ModelFileError({ file: `${root}/${name}`, problem: "missing", remedy: "Take the whole model." })
  }
  const bytesOf = (name: string): Uint8Array => new TextEncoder().encode(textOf(name))
  return {
    root,
    exists: async (name) => texts.has(name),
    readWhole: async (name) => bytesOf(name),
    readText: async (name) => textOf(name),
    size: async (name) => bytesOf(name).length,
    places: async () => ({ folder: root, paths: new Map() }),
    readRange: async (name, offset, length) => bytesOf(name).slice(offset, offset + length),
  }
}
