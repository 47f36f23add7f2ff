/** A generation behind a guard: what was asked is judged, and then what is said. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Asked, makeJudges, redactsInput } from "../guard/Guard.ts"
import { guardFrames } from "../guard/guardFrames.ts"
import { type SaidOtherwise, saidOtherwise } from "../guard/InputRedaction.ts"
import { type FacetError, invalidRequest } from "../words/Errors.ts"
import type { GenerationPart } from "../words/Generation.ts"
import type { GuardPlan } from "../words/GuardOptions.ts"
import { inSlices } from "../words/inSlices.ts"
import { checked } from "../words/checked.ts"
import { Opened } from "../words/Opened.ts"
import { isTokenPrompt, type Prompt, promptMessages } from "../words/Prompt.ts"
import { promptReadings, promptReadingsInSlices, writtenMessages } from "../words/promptReadings.ts"
import type { GenerateRequest } from "../words/Request.ts"
import { ProbeReadings } from "./ProbeReadings.ts"
import { GuardedGeneration } from "./GuardedGeneration.ts"
import type { CallingPart, ToolUse } from "./tools/ToolUse.ts"

/** A request, and its chat as guards know it where tools are told in it. */
export interface Asking {
  readonly request: GenerateRequest
  readonly use: ToolUse | undefined
}

/**
 * @param say what the engine says to a request, with calls of tools read out of it.
 * @param asking the same request with another prompt.
 */
export const guarded = (
  say: (request: GenerateRequest) => Stream.Stream<CallingPart, FacetError>,
  { request, use }: Asking,
  plan: GuardPlan,
  prompt: Prompt,
  asking: (prompt: Prompt) => Promise<Asking>,
): Stream.Stream<GenerationPart, FacetError, Opened> =>
  Stream.unwrap(
    Effect.map(
      Effect.gen(function* () {
        yield* checked(() => checkRedaction(request, plan))
        const messages = use === undefined ? yield* readableMessages(request) : use.judged
        return yield* inSlices(() => promptReadingsInSlices(messages, plan.whose, use?.beside))
      }),
      ({ exchange, input, question }) => {
        let asked = request
        let told: Asked = { question, exchange }
        // What an answer goes on with is judged as its beginning, and stays as it is.
        const redaction = openText(request) === "" ? redactionOf(prompt, plan.whose.roles) : undefined
        const hasForm = request.constraint !== undefined && use?.isFreeBesideCalls !== true
        const generation = new GuardedGeneration(performance.now(), openText(request), use?.reader(), hasForm)
        const probes = probesAlong(request, plan, use)
        const readings = probes === undefined ? undefined : new ProbeReadings()
        // A chat of several turns has readings that the passes did not make.
        const readsInput = readings !== undefined && input.length === 1 && !redactsInput(plan)
        const judges = makeJudges(
          plan,
          readings && { prompt: readsInput ? readings.prompt : unread, answer: readings.answer },
        )
        const begun = readsInput && plan.input === "before" ? "parallel" : plan.input
        const frames = Stream.map(
          Stream.suspend(() => say({ ...asked, probes })),
          (part) => {
            readings?.add(part)
            return generation.frame(part)
          },
        )
        const end = Effect.sync(() => readings?.end())
        return guardFrames({
          plan: { ...plan, input: input.length === 0 ? undefined : begun },
          source: readings === undefined ? frames : Stream.ensuring(frames, end),
          judgeInput: judges.prompt(
            input,
            redaction && {
              strings: redaction.strings,
              rewrite: async (said) => {
                const other = await asking(redaction.write(said))
                const messages = other.use?.judged ?? promptMessages(other.request.prompt)
                const readings = promptReadings(messages, plan.whose, other.use?.beside)
                asked = other.request
                told = readings
                return readings
              },
            },
          ),
          judgeOutput: ({ end: place, text }) => judges.output(told, text, place),
        }).pipe(
          Stream.mapEffect((part) => generation.parts(part)),
          Stream.flattenIterable,
        )
      },
    ),
  )

const unread = Effect.succeed(undefined)

/** How a prompt is written without what is cut out of it; token ids cannot be. */
function redactionOf(prompt: Prompt, roles: GuardPlan["whose"]["roles"]) {
  if (isTokenPrompt(prompt)) return undefined
  if (typeof prompt === "string") {
    return { strings: [prompt], write: (said: SaidOtherwise): Prompt => saidOtherwise(prompt, said) }
  }
  const isWritten = writtenMessages(promptMessages(prompt), roles)
  return {
    strings: prompt.flatMap(({ content }, i) => (isWritten(i) ? [content] : [])),
    write: (said: SaidOtherwise): Prompt =>
      prompt.map((message, i) =>
        isWritten(i) ? { ...message, content: saidOtherwise(message.content, said) } : message,
      ),
  }
}

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
