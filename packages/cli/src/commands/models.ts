/** `facet models`: which there are, which are here, and what they take. */
import { byteCount } from "@facet/sdk/words"
import type { KnownModel, StoredModels } from "@facet/sdk/models"
import { defineCommand } from "../Command.ts"
import { jsonOption } from "../Options.ts"
import { table } from "../table.ts"

export const models = defineCommand(
  {
    name: "models",
    summary: "list known models and those on this machine, with their sizes",
    options: jsonOption,
    examples: [
      [`models`, "what is known, what is here"],
      [`models --json`, "one JSON document"],
    ],
  },
  async ({ out }, _, { json }) => {
    const { facetCache, hubCache, knownModels, memoryLimit, storedModels } = await import("@facet/sdk/models")
    const stored = await storedModels()
    const memory = await memoryLimit()
    if (json === true) {
      const caches = { hub: hubCache(), facet: facetCache() }
      await out.writeLine(JSON.stringify({ known: knownModels(), ...stored, caches, memoryBytes: memory }))
      return 0
    }
    const rows = knownModels().map((model) => knownRow(model, stored, memory))
    await out.writeLine(out.paint.bold("Known"))
    const head = ["model", "parameters", "fetches", "memory q4", "q8", "f32", ""]
    for (const line of table([head, ...rows])) await out.writeLine(`  ${line}`)
    await out.writeLine()
    await out.writeLine(out.paint.bold("On this machine"))
    const here = [
      ["tiny", "embedded", "", ""],
      ...stored.published.map(({ bytes, id, path }) => [id, "as published", byteCount(bytes), path]),
      ...stored.prepared.map(({ block, bytes, dtype, id, path }) => [
        id,
        `packed ${dtype}, block ${block}`,
        byteCount(bytes),
        path,
      ]),
    ]
    for (const line of table(here)) await out.writeLine(`  ${line}`)
    await out.writeLine()
    await out.writeLine(
      `This machine has ${byteCount(memory)} of memory. Every model here is under the Gemma Terms of Use.`,
    )
    return 0
  },
)

function knownRow(
  { downloadBytes, id, needs, parameters }: KnownModel,
  { prepared, published }: StoredModels,
  memory: number,
): ReadonlyArray<string> {
  const fitting = (bytes: number): string => (bytes > memory ? `(${byteCount(bytes)})` : byteCount(bytes))
  const isHere = published.some((one) => one.id === id) || prepared.some((one) => one.id === id)
  return [
    id,
    `${(parameters / 1e9).toFixed(2)} B`,
    byteCount(downloadBytes),
    fitting(needs.q4.memory),
    fitting(needs.q8.memory),
    fitting(needs.f32.memory),
    isHere ? "here" : "",
  ]
}
