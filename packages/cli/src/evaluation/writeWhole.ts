import { rename, rm, writeFile } from "node:fs/promises"

/** Writes a file so that it is there whole or not at all. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.facet-part`
  try {
    await writeFile(part, text)
    await rename(part, file)
  } catch (cause) {
    await rm(part, { force: true })
    throw cause
  }
}
