import { randomUUID } from "node:crypto"
import { access, constants, rename, rm, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { UsageError } from "./UsageError.ts"

/** Training may take minutes: that its file cannot be written is said before. */
export async function checkWritable(file: string): Promise<void> {
  await access(dirname(file), constants.W_OK).catch((cause: Error) => {
    throw new UsageError(`--out: ${file} cannot be written (${cause.message})`)
  })
}

/** Under another name first: whoever looks sees the whole file, or none. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.${randomUUID()}.part`
  try {
    await writeFile(part, text)
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
