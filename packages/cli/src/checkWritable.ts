/** That a file cannot be written is said before work that may take hours. */
import { access, constants, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { UsageError } from "./UsageError.ts"

/** @param option by which the file was named. */
export async function checkWritable(option: string, file: string): Promise<void> {
  const refuse = (why: string): never => {
    throw new UsageError(`${option}: ${file} cannot be written (${why})`)
  }
  await access(dirname(file), constants.W_OK).catch((cause: Error) => refuse(cause.message))
  const found = await stat(file).catch(() => undefined)
  if (found?.isDirectory() === true) refuse("it is a folder")
}
