import { access, constants } from "node:fs/promises"
import { delimiter, join } from "node:path"

/** The path of the first of these that is there: commands of `PATH`, or paths. */
export async function findCommand(...names: ReadonlyArray<string>): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")
  for (const name of names) {
    const candidates = name.includes("/") ? [name] : folders.map((folder) => join(folder, name))
    for (const path of candidates) if (await isExecutable(path)) return path
  }
  return undefined
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
