/** `facet rm`: removes what is kept of a model. */
import { byteCount } from "@facet/sdk/words"
import { confirm, isInteractive } from "../confirm.ts"
import { defineCommand } from "../Command.ts"
import { Declined } from "../Declined.ts"
import { jsonOption } from "../Options.ts"
import { UsageError } from "../UsageError.ts"

const kinds = {
  packed: "Facet's packed copy",
  download: "Facet's download",
  hub: "Hugging Face's cache, which other tools share",
} as const

export const rm = defineCommand(
  {
    name: "rm",
    operand: "MODEL",
    takes: "names",
    summary: "remove what is kept of a model",
    options: {
      all: { kind: "switch", about: "its download in Hugging Face's cache, too, which other tools share" },
      yes: { kind: "switch", about: "do not ask" },
      ...jsonOption,
    },
    examples: [
      [`rm google/gemma-2-2b-it`, "Facet's packed copies"],
      [`rm google/gemma-2-2b-it --all --yes`, "all of it, without a question"],
    ],
  },
  async (console, text, { all, json, yes }) => {
    const { findRemovals, removeModel } = await import("@facet/sdk/models")
    const removals = await findRemovals(text, all === true)
    const { err, out } = console
    for (const { bytes, path, what } of removals) await err.writeLine(`${path} (${byteCount(bytes)}, ${kinds[what]})`)
    if (yes !== true) {
      if (!isInteractive(console)) throw new UsageError("nobody can be asked here: add --yes to remove this")
      if (!(await confirm(console, "Remove this?"))) throw new Declined("nothing was removed")
    }
    await removeModel(removals)
    const bytes = removals.reduce((sum, removal) => sum + removal.bytes, 0)
    if (json === true) await out.writeLine(JSON.stringify({ removed: removals, bytes }))
    else await out.writeLine(`Removed ${byteCount(bytes)}.`)
    return 0
  },
)
