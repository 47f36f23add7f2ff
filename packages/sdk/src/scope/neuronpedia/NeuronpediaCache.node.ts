/** What came from Neuronpedia, below Facet's cache: it is asked once, and there without a network afterwards. */
import { readFile, rename, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { diskError } from "../../files/disk/diskError.node.ts"
import { facetCache } from "../../files/hub/facetCache.node.ts"
import type { Source } from "./Source.ts"
import { makeFolder } from "../../files/disk/makeFolder.node.ts"

const folderOf = ({ model, source }: Source): string => join(facetCache(), "neuronpedia", model, source)

/** Labels of all features of a source, as a `labels.json` has them. */
export const labelsPath = (source: Source): string => join(folderOf(source), "labels.json")

/** What Neuronpedia says of one feature. */
export const featurePath = (source: Source, index: number): string =>
  join(folderOf(source), "features", `${index}.json`)

export const readKept = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(() => undefined)

/** Whole or not at all: what is there is taken for what was said. */
export async function keep(path: string, text: string): Promise<void> {
  const part = `${path}.${process.pid}.part`
  try {
    await makeFolder(dirname(path))
    await writeFile(part, text)
    await rename(part, path)
  } catch (cause) {
    throw diskError(path, cause)
  }
}
