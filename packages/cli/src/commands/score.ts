/** `facet score`: how likely a text is. */
import type { Score } from "@facet/sdk/words"
import { bar } from "../bar.ts"
import { defineCommand } from "../Command.ts"
import type { Paint } from "../Paint.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { interventionOptions, readInterventions, scopeFor, scopeOption } from "../InterventionFlags.ts"
import { openFacet } from "../Opening.ts"
import { jsonOption, modelOption } from "../Options.ts"
import { readServer, serverOptions } from "../ServerFlags.ts"
import { fit, padEnd, visible } from "../textWidth.ts"

const tokenWidth = 20
const barWidth = 20

export const score = defineCommand(
  {
    name: "score",
    operand: "TEXT",
    summary: "tell how likely each token of a text is, and its perplexity",
    options: {
      ...interventionOptions,
      ...scopeOption,
      ...modelOption,
      ...serverOptions,
      ...deviceOptions,
      ...jsonOption,
    },
    examples: [
      [`score "The dog ran home."`, "the probability of each token after those before it"],
      [`score "The dog ran home." --ablate resid_post.4.152`, "without a feature of Gemma Scope"],
      [`score - --json < text.txt`, "one JSON document with log-probabilities"],
    ],
  },
  async (console, text, { device, json, kind, model, remoteModel, scope, prefill, threads, url, ...flags }) => {
    const server = readServer({ kind, remoteModel, url }, model)
    const interventions = readInterventions(flags)
    await using facet = await openFacet(console, {
      ...(model && { model }),
      ...(server && { model: server }),
      ...readDevice({ device, prefill, threads }),
      ...scopeFor(scope, {}, interventions),
    })
    const result = await facet.score(text, { interventions, signal: console.signal })
    if (json === true)
      await console.out.writeLine(JSON.stringify({ tokens: result.tokens, perplexity: result.perplexity }))
    else for (const line of scoreLines(result, console.out.paint)) await console.out.writeLine(line)
    return 0
  },
)

function scoreLines({ perplexity, tokens }: Score, paint: Paint): ReadonlyArray<string> {
  return [
    `${padEnd("token", tokenWidth)}  ${"logprob".padStart(8)}  probability`,
    ...tokens.map(({ logprob, token }) => {
      const name = padEnd(fit(`"${visible(token, true)}"`, tokenWidth), tokenWidth)
      if (logprob === null) return paint.dim(`${name}  ${"-".padStart(8)}`)
      return `${name}  ${logprob.toFixed(3).padStart(8)}  ${paint.accent(bar(Math.exp(logprob), barWidth))}`.trimEnd()
    }),
    "",
    perplexity === null ? "perplexity: none, the text is empty" : `perplexity: ${perplexity.toFixed(2)}`,
  ]
}
