import { readlink, realpath } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"

/** As many as Linux follows. */
const mostLinks = 40

/** Where a path leads: links are followed as far as there is something, and one whose goal is not there yet to that goal. */
export async function resolvedPath(path: string, followed = 0): Promise<string> {
  const whole = resolve(path)
  const parent = dirname(whole)
  if (parent === whole) return whole
  return realpath(whole).catch(async () => {
    const folder = await resolvedPath(parent, followed)
    const goal = await readlink(whole).catch(() => undefined)
    // What leads in a circle is told by whoever writes to it.
    if (goal === undefined || followed >= mostLinks) return join(folder, basename(whole))
    return resolvedPath(resolve(folder, goal), followed + 1)
  })
}
