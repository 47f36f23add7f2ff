/** `facet generate`: what the model says. */
import type { FinishPart, GenerateOptions, Generation, Verdict } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import type { Console } from "../Console.ts"
import { openFacet } from "../Opening.ts"
import { jsonOption, modelOption } from "../Options.ts"
import { readSampling, samplingOptions } from "../SamplingFlags.ts"
import { visible } from "../textWidth.ts"
import { worstOf } from "../verdictTable.ts"

const options = {
  maxTokens: { kind: "number", value: "N", about: "at most so many tokens (default: as many as the context holds)" },
  ...samplingOptions,
  stop: { kind: "list", value: "S", about: "end before this text; may be given several times" },
  guard: { kind: "switch", about: "judge the prompt first, and release each sentence only once it was judged" },
  ...modelOption,
  shield: {
    kind: "text",
    value: "M",
    about: "the model that judges, with --guard (default: the one that belongs to --model)",
  },
  ...jsonOption,
} as const

export const generate = defineCommand(
  {
    name: "generate",
    operand: "PROMPT",
    summary: "let Gemma 2 answer, token by token",
    options,
    examples: [
      [`generate "Tell me a story about a fox."`, "write to the terminal as the words come"],
      [`generate "Tell me a joke." --temperature 0.8 --seed 7`, "another text for every seed"],
      [`generate "What is a good breakfast?" --guard --json`, "one JSON document, judged by ShieldGemma"],
      [`generate - --max-tokens 50 < question.txt`, "the prompt from a file"],
    ],
  },
  async (console, prompt, { guard, json, maxTokens, model, shield, stop, ...sampling }) => {
    const options: GenerateOptions = { maxTokens, stop, guard, ...readSampling(sampling) }
    await using facet = await openFacet(console, { ...(model && { model }), ...(shield && { shield }) })
    const call = { ...options, signal: console.signal }
    if (json === true) {
      const { finishReason, text, timings, usage, verdicts } = await facet.generate(prompt, call)
      await console.out.writeLine(
        JSON.stringify({
          text,
          finishReason,
          usage,
          timings,
          ...(guard === true && { verdicts: published(verdicts) }),
        }),
      )
      return 0
    }
    let last = "\n"
    for await (const part of facet.stream(prompt, call)) {
      if (part.type === "text") {
        last = part.text
        await console.out.write(console.out.isTerminal ? visible(part.text, false) : part.text)
      } else if (part.type === "verdict" && part.verdict.flagged) {
        if (!last.endsWith("\n")) await console.out.writeLine()
        last = "\n"
        await console.err.writeLine(heldBack(part.of, part.verdict, console))
      } else if (part.type === "finish") {
        if (!last.endsWith("\n")) await console.out.writeLine()
        await summarise(part, console)
      }
    }
    return 0
  },
)

/** In the shape that `facet shield` prints. */
const published = (verdicts: Generation["verdicts"]) =>
  Object.fromEntries(Object.entries(verdicts).map(([of, { flagged, policies }]) => [of, { flagged, policies }]))

function heldBack(of: "input" | "output", verdict: Verdict, { err }: Console): string {
  const { policy, probability } = worstOf(verdict)
  const what = of === "input" ? "the prompt was not let in" : "the rest was held back"
  return err.paint.bad(`Blocked by the guard: ${what} (${policy}, ${Math.round(probability * 100)} %).`)
}

/** For people who watch; in scripts `--json` has the same. */
async function summarise({ finishReason, timings, usage }: FinishPart, { err, verbose }: Console): Promise<void> {
  if (!err.isTerminal && !verbose) return
  const speed = timings.tokensPerSecond > 0 ? `, ${Math.round(timings.tokensPerSecond)} tokens/s` : ""
  await err.writeLine(err.paint.dim(`${usage.completionTokens} tokens${speed}, ended by ${finishReason}`))
}
