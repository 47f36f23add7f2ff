/** Typed questions about a text: the logits of their options, without a word of an answer being generated. */
import * as Effect from "effect/Effect"
import { type FacetError, ModelFileError, notFinite } from "../words/Errors.ts"
import { inSlices } from "../words/inSlices.ts"
import type { AskedQuestion, DecidedLogits, DecideRequest } from "../words/Request.ts"
import { aroundUser, encodeTemplate } from "../tokenizer/ChatTemplate.ts"
import { areFinite } from "./areFinite.ts"
import { beginning, type Pass, passesOf } from "./decisionPrompt.ts"
import { type OpenModel, singleToken } from "./OpenModel.ts"
import { checkLength } from "./prefill.ts"
import { checkMayFit } from "./RequestTokens.ts"
import { checked } from "../words/checked.ts"
import type { Scheduler } from "./Scheduler.ts"
import { type SharedPrefix, withSharedPrefix } from "./SharedPrefix.ts"

/** A pass as the model runs it. */
interface Run {
  readonly pass: Pass
  /** The tokens that follow the text's. */
  readonly tail: ReadonlyArray<number>
  /** Of the pass's labels. */
  readonly candidates: ReadonlyArray<number>
}

/** All questions, and all orders of their options, share the text's keys and values. */
export const decide = (
  scheduler: Scheduler,
  model: OpenModel,
  { cacheSalt, questions, state }: DecideRequest,
): Effect.Effect<DecidedLogits, FacetError> =>
  Effect.gen(function* () {
    yield* checked(() => checkMayFit(model, state.length, "text"))
    const { tokenizer } = model
    const { after, before } = yield* checked(() => aroundUser(tokenizer))
    const head = yield* inSlices(() => encodeTemplate(tokenizer, [...before, beginning(state)]))
    const asked: Array<ReadonlyArray<Run>> = []
    for (const question of questions) {
      const runs: Array<Run> = []
      for (const pass of passesOf(question)) {
        const tail = yield* inSlices(() => encodeTemplate(tokenizer, [pass.question, ...after]))
        // Nothing is run for questions of which one cannot be asked.
        yield* checkLength(model, { length: head.length + tail.length })
        const candidates = yield* checked(() => pass.labels.map((label) => labelId(model, label)))
        runs.push({ pass, tail, candidates })
      }
      asked.push(runs)
    }
    const run = (shared: SharedPrefix) =>
      Effect.gen(function* () {
        const logits: Array<ReadonlyArray<number>> = []
        for (const [i, question] of questions.entries()) {
          const sum = new OptionLogits(question)
          for (const { candidates, pass, tail } of asked[i] ?? []) {
            const found = yield* shared.logits([...head, ...tail], candidates)
            if (!areFinite(found)) return yield* notFinite("Deciding", "a candidate's logit is not a number")
            sum.add(pass, found)
          }
          logits.push(sum.mean())
        }
        return { logits, tokens: shared.tokens }
      })
    const first = [...head, ...(asked[0]?.[0]?.tail ?? [])]
    return yield* withSharedPrefix(scheduler, model, first, run, cacheSalt)
  })

/** @throws ModelFileError where the model could not answer with it */
function labelId(model: OpenModel, label: string): number {
  const id = singleToken(model.tokenizer, label)
  if (id >= 0) return id
  throw new ModelFileError({
    file: model.root,
    problem: `its vocabulary has no single token for ${JSON.stringify(label)}, with which a question is answered`,
    remedy: "Ask a Gemma, or a question with fewer options.",
  })
}

/** Adds up the logits that an option has in all passes, in double precision. */
class OptionLogits {
  readonly #sums: Array<number>
  #passes = 0

  constructor({ options }: AskedQuestion) {
    this.#sums = options.map(() => 0)
  }

  add({ order }: Pass, logits: Float32Array): void {
    for (const [place, option] of order.entries()) this.#sums[option]! += logits[place] ?? NaN
    this.#passes++
  }

  mean(): ReadonlyArray<number> {
    return this.#sums.map((sum) => sum / this.#passes)
  }
}
