/** A generation behind a guard: what was asked is judged, and then what is said. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { makeJudges } from "../guard/Guard.ts"
import { guardFrames } from "../guard/guardFrames.ts"
import { type FacetError, invalidRequest } from "../words/Errors.ts"
import type { GenerationPart } from "../words/Generation.ts"
import type { GuardPlan } from "../words/GuardOptions.ts"
import { inSlices } from "../words/inSlices.ts"
import { checked } from "../words/checked.ts"
import { Opened } from "../words/Opened.ts"
import { isTokenPrompt, promptMessages } from "../words/Prompt.ts"
import { promptReadingsInSlices } from "../words/promptReadings.ts"
import type { GenerateRequest } from "../words/Request.ts"
import { ProbeReadings } from "./ProbeReadings.ts"
import { GuardedGeneration } from "./GuardedGeneration.ts"
import type { CallingPart, ToolUse } from "./tools/ToolUse.ts"

/** @param say what the engine says to a request, with calls of tools read out of it. */
export const guarded = (
  say: (request: GenerateRequest) => Stream.Stream<CallingPart, FacetError>,
  request: GenerateRequest,
  plan: GuardPlan,
  use: ToolUse | undefined,
): Stream.Stream<GenerationPart, FacetError, Opened> =>
  Stream.unwrap(
    Effect.map(
      Effect.gen(function* () {
        yield* checked(() => checkRedaction(request, plan))
        const messages = use === undefined ? yield* readableMessages(request) : use.judged
        return yield* inSlices(() => promptReadingsInSlices(messages, plan.whose, use?.beside))
      }),
      ({ exchange, input, question }) => {
        const hasForm = request.constraint !== undefined && use?.isFreeBesideCalls !== true
        const generation = new GuardedGeneration(performance.now(), openText(request), use?.reader(), hasForm)
        const probes = probesAlong(request, plan, use)
        const readings = probes === undefined ? undefined : new ProbeReadings()
        // A chat of several turns has readings that the passes did not make.
        const readsInput = readings !== undefined && input.length === 1
        const judges = makeJudges(
          plan,
          readings && { prompt: readsInput ? readings.prompt : unread, answer: readings.answer },
        )
        const begun = readsInput && plan.input === "before" ? "parallel" : plan.input
        const frames = Stream.map(say({ ...request, probes }), (part) => {
          readings?.add(part)
          return generation.frame(part)
        })
        const end = Effect.sync(() => readings?.end())
        return guardFrames({
          plan: { ...plan, input: input.length === 0 ? undefined : begun },
          source: readings === undefined ? frames : Stream.ensuring(frames, end),
          judgeInput: judges.prompt(input),
          judgeOutput: ({ end: place, text }) => judges.output({ question, exchange }, text, place),
        }).pipe(
          Stream.mapEffect((part) => generation.parts(part)),
          Stream.flattenIterable,
        )
      },
    ),
  )

const unread = Effect.succeed(undefined)

/** @throws InvalidRequestError for what tells an answer token by token, where some of it may be cut out. */
function checkRedaction({ logprobs, traces }: GenerateRequest, { judge, mode, output }: GuardPlan): void {
  if (judge?.longestSpan === undefined || !output || mode === "audit") return
  const option = logprobs !== undefined ? "logprobs" : traces.length > 0 ? "trace" : undefined
  if (option === undefined) return
  throw invalidRequest(option, "it would spell what the guard's judge cuts out", "Leave it out, or redact nothing.")
}

/**
 * The probes of a cascade that can read along: those of the model that writes, where what the guard is told is the answer alone, and
 * the passes are the model's own.
 */
function probesAlong(
  request: GenerateRequest,
  { cascade }: GuardPlan,
  use: ToolUse | undefined,
): GenerateRequest["probes"] {
  const probes = cascade?.probes.map(({ id, probe }) => ({ id, probe }))
  const isAlone = use === undefined && openText(request) === "" && request.interventions === undefined
  return isAlone && probes?.every(({ probe }) => probe.of === "text") === true ? probes : undefined
}

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
