/** `facet demo`: the three effects on one screen, all computed while one watches. */
import { byteCount, type FinishPart } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import type { Screen } from "../Console.ts"
import { showFeatures } from "../demo/showFeatures.ts"
import { showGuarded } from "../demo/showGuarded.ts"
import { showStory } from "../demo/showStory.ts"
import { showVerdicts } from "../demo/showVerdicts.ts"
import { openFacet } from "../Opening.ts"

export const demo = defineCommand(
  {
    name: "demo",
    summary: "see the three effects on the embedded model",
    options: {},
    examples: [["demo", "takes a few seconds; nothing is downloaded"]],
  },
  async (console) => {
    const { out: screen, signal } = console
    const startedAt = performance.now()
    let bytes = 0
    await using facet = await openFacet(console, { onProgress: ({ totalBytes }) => (bytes = totalBytes) })
    await showHeading(screen, bytes, performance.now() - startedAt)
    const stage = { facet, screen, signal }
    const story = await showStory(stage)
    await showVerdicts(stage)
    await showGuarded(stage)
    await showFeatures(stage)
    await showNext(screen, story)
    return 0
  },
)

const showHeading = (screen: Screen, bytes: number, milliseconds: number): Promise<void> => {
  const about = `a ${byteCount(bytes)} toy model, opened here in ${(milliseconds / 1000).toFixed(1)} s`
  return screen.writeLine(`${screen.paint.bold("Facet: Gemma 2 in your app")}  ${screen.paint.dim(about)}`)
}

const showNext = async (screen: Screen, { timings }: FinishPart): Promise<void> => {
  const speed = `Written at ${Math.round(timings.tokensPerSecond)} tokens/s.`
  await screen.writeLine("\nA toy: it tells small stories and knows no facts. --model names a real model.")
  return screen.writeLine(`${speed} Try next: ${screen.paint.bold(`npx pnpm@12 facet generate "Tell me a joke."`)}`)
}
