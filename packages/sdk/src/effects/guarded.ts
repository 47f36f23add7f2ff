/** A generation behind a guard: what was asked is judged, and then what is said. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { makeJudges } from "../guard/Guard.ts"
import { guardFrames } from "../guard/guardFrames.ts"
import type { FacetError } from "../words/Errors.ts"
import type { GenerationPart } from "../words/Generation.ts"
import type { GuardPlan } from "../words/GuardOptions.ts"
import { inSlices } from "../words/inSlices.ts"
import { Opened } from "../words/Opened.ts"
import { isTokenPrompt, promptMessages } from "../words/Prompt.ts"
import { promptReadingsInSlices } from "../words/promptReadings.ts"
import type { GenerateRequest } from "../words/Request.ts"
import { GuardedGeneration } from "./GuardedGeneration.ts"
import type { CallingPart, ToolUse } from "./tools/ToolUse.ts"

export const guarded = (
  parts: Stream.Stream<CallingPart, FacetError>,
  request: GenerateRequest,
  plan: GuardPlan,
  use: ToolUse | undefined,
): Stream.Stream<GenerationPart, FacetError, Opened> =>
  Stream.unwrap(
    Effect.map(
      Effect.flatMap(use === undefined ? readableMessages(request) : Effect.succeed(use.judged), (messages) =>
        inSlices(() => promptReadingsInSlices(messages, plan.roles, use?.beside)),
      ),
      ({ input, question }) => {
        const generation = new GuardedGeneration(performance.now(), openText(request), use?.reader())
        const judges = makeJudges(plan)
        return guardFrames({
          plan: { ...plan, input: input.length === 0 ? undefined : plan.input },
          source: Stream.map(parts, (part) => generation.frame(part)),
          judgeInput: judges.prompt(input),
          judgeOutput: ({ text }) => judges.output(question, text),
        }).pipe(
          Stream.mapEffect((part) => generation.parts(part)),
          Stream.flattenIterable,
        )
      },
    ),
  )

/** Token ids are judged as what they say: one text, whosever turns are in it. */
const readableMessages = ({ cacheSalt, client, model, prompt }: GenerateRequest) =>
  Effect.gen(function* () {
    if (!isTokenPrompt(prompt)) return promptMessages(prompt)
    const { engine } = (yield* Opened).text
    const text = yield* engine.detokenise({ model, tokens: prompt.tokens, cacheSalt, client })
    return promptMessages(text)
  })

/** What the answer goes on with: all that the assistant has said since it was asked, as templates merge it. */
function openText({ continueFinalMessage, prompt }: GenerateRequest): string {
  if (continueFinalMessage !== true || typeof prompt === "string" || isTokenPrompt(prompt)) return ""
  const open = prompt.slice(prompt.findLastIndex(({ role }) => role === "user") + 1)
  return open.flatMap(({ content, role }) => (role === "system" ? [] : [content])).join("\n\n")
}
