/** `facet show`: what one model is. */
import { byteCount } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import { jsonOption } from "../Options.ts"
import { table } from "../table.ts"

export const show = defineCommand(
  {
    name: "show",
    operand: "MODEL",
    takes: "names",
    summary: "tell what a model is, where it lies and what it needs",
    options: jsonOption,
    examples: [
      [`show google/gemma-2-2b-it`, "a known one, here or not"],
      [`show ./my-model --json`, "a folder, as one JSON document"],
    ],
  },
  async ({ out }, text, { json }) => {
    const { describeModel, licenceTitle } = await import("@facet/sdk/models")
    const facts = await describeModel(text)
    if (json === true) {
      await out.writeLine(JSON.stringify(facts))
      return 0
    }
    const {
      architecture,
      bytes,
      contextLength,
      format,
      known,
      layers,
      memoryBytes,
      path,
      prepared,
      revision,
      weights,
    } = facts
    const size = (count: number): string => byteCount(count)
    const rows: ReadonlyArray<readonly [string, string | undefined]> = [
      ["model", text],
      ["architecture", architecture],
      ["parameters", known && `${(known.parameters / 1e9).toFixed(2)} B`],
      ["layers", layers?.toString()],
      ["context", contextLength === undefined ? undefined : `${contextLength} tokens`],
      ["licence", known && licenceTitle(known.licence)],
      [
        "published as",
        format && `${format}${weights === "plain" ? ", plain weights" : weights === undefined ? "" : `, ${weights}`}`,
      ],
      ["lies in", path ?? "not on this machine"],
      ["revision", revision],
      ["on the disk", bytes === undefined ? undefined : size(bytes)],
      ["in memory", memoryBytes === undefined ? undefined : size(memoryBytes)],
      ["packed", prepared && `${prepared.dtype}, block ${prepared.block}, ${size(prepared.bytes)}, ${prepared.path}`],
      ["to fetch", known && path === undefined ? size(known.downloadBytes) : undefined],
      ...(known === undefined
        ? []
        : Object.entries(known.needs).map(
            ([dtype, needs]) =>
              [`as ${dtype}`, `${size(needs.disk)} on the disk, ${size(needs.memory)} in memory`] as const,
          )),
      ["keys and values", known && `${size(known.bytesPerToken)} a token`],
    ]
    const told = rows.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value]]))
    for (const line of table(told)) await out.writeLine(line)
    return 0
  },
)
