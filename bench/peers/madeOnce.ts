/** Files that take long to make and are kept. */
import { readFile, rename, rm, writeFile } from "node:fs/promises"

/**
 * Makes a file unless it stands there, made by the same recipe. A file that was half made when something broke off is
 * made again.
 *
 * @param recipe whatever the bytes follow from
 * @param make writes the file at the path that it is given
 */
export async function madeOnce(path: string, recipe: string, make: (path: string) => Promise<void>): Promise<void> {
  const label = `${path}.recipe`
  if ((await readFile(label, "utf8").catch(() => undefined)) === recipe) return
  await rm(label, { force: true })
  await make(`${path}.part`)
  await rename(`${path}.part`, path)
  await writeFile(label, recipe)
}
