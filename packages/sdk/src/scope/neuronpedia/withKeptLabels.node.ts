import { publishedLabelsFile } from "../../files/ModelFileNames.ts"
import type { ModelFiles } from "../../files/ModelFiles.ts"
import { folderOf, type SaeEntry } from "../SaePath.ts"
import { labelsPath, readKept } from "./NeuronpediaCache.node.ts"
import { readSource } from "./Source.ts"

/** The files of a scope, with the labels that were fetched from Neuronpedia where they would lie beside the autoencoders. */
export function withKeptLabels(files: ModelFiles, entries: ReadonlyArray<SaeEntry>): ModelFiles {
  const kept = new Map(
    entries.flatMap(({ file, neuronpedia }) =>
      neuronpedia === undefined
        ? []
        : [[`${folderOf(file)}${publishedLabelsFile}`, labelsPath(readSource(neuronpedia))]],
    ),
  )
  const keptAt = async (name: string): Promise<string | undefined> => {
    const path = kept.get(name)
    return path === undefined ? undefined : readKept(path)
  }
  return {
    ...files,
    exists: async (name) => (await keptAt(name)) !== undefined || files.exists(name),
    readText: async (name) => (await keptAt(name)) ?? files.readText(name),
  }
}
