/** `facet scope rm`. */
import { byteCount } from "@facet/sdk/words"
import { confirm, isInteractive } from "../confirm.ts"
import { Declined } from "../Declined.ts"
import { UsageError } from "../UsageError.ts"
import { nameOf, namedSae, type ScopeAction } from "./ScopeAction.ts"

export const removeOne: ScopeAction = async (console, name, values) => {
  const { removeSae } = await import("@facet/sdk/models")
  const sae = await namedSae(name, values)
  if (values.yes !== true) {
    if (!isInteractive(console)) throw new UsageError("nobody can be asked here: add --yes to remove this")
    const question = `Remove ${nameOf(sae)} from Hugging Face's cache, which other tools share?`
    if (!(await confirm(console, question))) throw new Declined("nothing was removed")
  }
  const { bytes, path } = await removeSae(sae)
  const { out } = console
  if (values.json === true) await out.writeLine(JSON.stringify({ removed: path, bytes }))
  else await out.writeLine(`Removed ${byteCount(bytes)}.`)
  return 0
}
