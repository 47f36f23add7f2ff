/** The first two effects together: nothing goes in or out that was not judged. */
import type { FinishReason, Verdict } from "@facet/sdk/words"
import type { Screen } from "../Console.ts"
import { percent, worstOf } from "../verdictTable.ts"
import { Paragraph } from "./Paragraph.ts"
import { harmful, indent, type Stage, writeTitle } from "./Stage.ts"

const story = "Tell me a story about a cat."
const maxTokens = 60

export async function showGuarded(stage: Stage): Promise<void> {
  await writeTitle(stage.screen, "3 A guarded generation", "generate(prompt, { guard: true })")
  for (const prompt of [story, harmful]) await showOne(stage, prompt)
}

async function showOne({ facet, screen, signal }: Stage, prompt: string): Promise<void> {
  const { paint } = screen
  await screen.writeLine(`${indent}${paint.accent("you")}    ${prompt}`)
  const paragraph = new Paragraph(screen, `${indent}       `)
  let input: Verdict | undefined
  let output: Verdict | undefined
  let judged = 0
  let released = ""
  let finish: FinishReason | undefined
  for await (const part of facet.stream(prompt, { guard: true, maxTokens, signal })) {
    if (part.type === "text") {
      released += part.text
      await paragraph.take(part.text)
    } else if (part.type === "verdict" && part.of === "input") input = part.verdict
    else if (part.type === "verdict") {
      output = part.verdict
      judged += 1
    } else if (part.type === "finish") finish = part.finishReason
  }
  await paragraph.end()
  const verdict = outcome({ input, output, judged, released, finish }, screen)
  await screen.writeLine(`${indent}${paint.accent("guard")}  ${verdict}`)
}

interface Guarded {
  readonly input: Verdict | undefined
  /** The last one on the answer. */
  readonly output: Verdict | undefined
  /** How many times the growing answer was judged. */
  readonly judged: number
  readonly released: string
  readonly finish: FinishReason | undefined
}

/** Says what happened, also where the guard let pass what it should not have. */
function outcome({ finish, input, judged, output, released }: Guarded, { paint }: Screen): string {
  if (input?.flagged === true) return paint.bad(`held back the prompt: ${reason(input)}. The model never saw it.`)
  const held = released === "" ? "the answer" : "the rest of the answer"
  if (output?.flagged === true) return paint.bad(`held back ${held}: ${reason(output)}.`)
  const pieces = judged === 1 ? "1 piece" : `${judged} pieces`
  // Else it looks as if the guard had cut it off.
  const end = finish === "length" ? `; the demo stops it at ${maxTokens} tokens` : ""
  return paint.good(`let both through, judged in ${pieces}${end}.`)
}

function reason(verdict: Verdict): string {
  const { policy, probability } = worstOf(verdict)
  return `${policy}, ${percent(probability).trim()}`
}
