/** The first effect: a story, word by word. */
import type { FinishPart } from "@facet/sdk/words"
import { Paragraph } from "./Paragraph.ts"
import { indent, type Stage, writeTitle } from "./Stage.ts"

const prompt = "Tell me a story about a fox."

/** The screen holds no more, whatever the model does. */
const maxTokens = 120

export async function showStory({ facet, screen, signal }: Stage): Promise<FinishPart> {
  await writeTitle(screen, "1 Gemma 2 writes", `generate("${prompt}")`)
  const paragraph = new Paragraph(screen, indent)
  let finish: FinishPart | undefined
  for await (const part of facet.stream(prompt, { maxTokens, signal })) {
    if (part.type === "text") await paragraph.take(part.text)
    else if (part.type === "finish") finish = part
  }
  await paragraph.end()
  if (finish === undefined) throw new Error("a generation ended without a finish")
  return finish
}
