/** Asks a guarded pipeline, from the command line. */
import { Facet } from "@facet/sdk"
import { pipeline } from "@huggingface/transformers"
import { answerWith } from "./answer.ts"

const { MODEL = "onnx-community/gemma-3-270m-it-ONNX", SHIELD } = process.env
const [prompt = "How do I bake bread?"] = process.argv.slice(2)

await using facet = await Facet.open(SHIELD === undefined ? {} : { shield: SHIELD })
const generator = await pipeline("text-generation", MODEL)
for await (const part of answerWith(facet, generator)(prompt)) {
  if (part.type === "value") process.stdout.write(part.value)
  else if (part.type === "blocked") process.stdout.write(`\nHeld back by the guard: the ${part.blocked.of}.`)
}
process.stdout.write("\n")
await generator.dispose()
