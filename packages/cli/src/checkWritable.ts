/** That a file cannot be written is said before work that may take hours. */
import { access, constants } from "node:fs/promises"
import { dirname } from "node:path"
import { UsageError } from "./UsageError.ts"

/** @param option by which the file was named. */
export async function checkWritable(option: string, file: string): Promise<void> {
  await access(dirname(file), constants.W_OK).catch((cause: Error) => {
    throw new UsageError(`${option}: ${file} cannot be written (${cause.message})`)
  })
}
