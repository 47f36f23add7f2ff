/**
 * Typed questions about a text: the logits of their options, without a word of an answer being generated.
 *
 * An option of a choice or a score can be answered by its letter and by its own word, of which the first token counts, and
 * both are read from one run. Words are likely or not by themselves, so that what a word's logit is without any text is taken
 * off (Zhao et al., "Calibrate Before Use", 2021): small models bind no meaning to letters, and answer by words alone.
 */
import * as Effect from "effect/Effect"
import { type FacetError, ModelFileError, notFinite } from "../words/Errors.ts"
import { inSlices } from "../words/inSlices.ts"
import type { AskedQuestion, DecidedLogits, DecideRequest } from "../words/Request.ts"
import { aroundUser, encodeTemplate } from "../tokenizer/ChatTemplate.ts"
import { areFinite } from "./areFinite.ts"
import { beginning, type Pass, passesOf } from "./DecisionPrompt.ts"
import { type OpenModel, singleToken } from "./OpenModel.ts"
import { checkLength } from "./prefill.ts"
import { checkMayFit } from "./RequestTokens.ts"
import { checked } from "../words/checked.ts"
import type { Scheduler } from "./Scheduler.ts"
import { type SharedPrefix, withSharedPrefix } from "./SharedPrefix.ts"

/** A question as the model runs it. */
interface Asking {
  readonly question: AskedQuestion
  readonly runs: ReadonlyArray<Run>
  /** The first token of each option's word; none where they do not tell the options apart. */
  readonly words: ReadonlyArray<number>
}

/** One pass of it. */
interface Run {
  readonly pass: Pass
  /** The tokens that follow the text's. */
  readonly tail: ReadonlyArray<number>
  /** Of the pass's labels. */
  readonly labels: ReadonlyArray<number>
}

/** All questions, and all orders of their options, share the text's keys and values. */
export const decide = (
  scheduler: Scheduler,
  model: OpenModel,
  { cacheSalt = "", questions, state }: DecideRequest,
): Effect.Effect<DecidedLogits, FacetError> =>
  Effect.gen(function* () {
    yield* checked(() => checkMayFit(model, state.length, "text"))
    const { after, before } = yield* checked(() => aroundUser(model.tokenizer))
    const headOf = (text: string) => inSlices(() => encodeTemplate(model.tokenizer, [...before, beginning(text)]))
    const head = yield* headOf(state)
    const asked: Array<Asking> = []
    for (const question of questions) {
      const runs: Array<Run> = []
      for (const pass of passesOf(question)) {
        const tail = yield* inSlices(() => encodeTemplate(model.tokenizer, [pass.question, ...after]))
        // Nothing is run for questions of which one cannot be asked.
        yield* checkLength(model, { length: head.length + tail.length })
        const labels = yield* checked(() => pass.labels.map((label) => labelId(model, label)))
        runs.push({ pass, tail, labels })
      }
      asked.push({ question, runs, words: wordIds(model, question, runs) })
    }
    const keyOf = ({ question }: Asking) => JSON.stringify([cacheSalt, question])
    const unknown = asked.filter((asking) => asking.words.length > 0 && model.priors.get(keyOf(asking)) === undefined)
    const without = yield* readAll(scheduler, model, unknown.length === 0 ? [] : yield* headOf(""), unknown, cacheSalt)
    const priors = new Map(unknown.map((asking, i) => [asking, without.readings[i]?.words ?? []]))
    for (const [asking, words] of priors) model.priors.set(keyOf(asking), words)
    const found = yield* readAll(scheduler, model, head, asked, cacheSalt)
    return {
      logits: asked.map((asking, i) => {
        const { labels = [], words = [] } = found.readings[i] ?? {}
        const prior = priors.get(asking) ?? model.priors.get(keyOf(asking)) ?? []
        return words.length === 0
          ? labels
          : labels.map((label, j) => (label + (words[j] ?? NaN) - (prior[j] ?? NaN)) / 2)
      }),
      tokens: {
        judged: without.tokens.judged + found.tokens.judged,
        cached: without.tokens.cached + found.tokens.cached,
      },
    }
  })

/** For each option the mean logit of what it may be answered by, over all passes. */
interface Reading {
  readonly labels: ReadonlyArray<number>
  /** Empty where words are not read. */
  readonly words: ReadonlyArray<number>
}

interface Readings extends Pick<DecidedLogits, "tokens"> {
  readonly readings: ReadonlyArray<Reading>
}

/** Runs all passes of questions after a head. */
function readAll(
  scheduler: Scheduler,
  model: OpenModel,
  head: ReadonlyArray<number>,
  asked: ReadonlyArray<Asking>,
  salt: string,
): Effect.Effect<Readings, FacetError> {
  const tail = asked[0]?.runs[0]?.tail
  if (tail === undefined) return Effect.succeed({ readings: [], tokens: { judged: 0, cached: 0 } })
  const read = (shared: SharedPrefix) =>
    Effect.gen(function* () {
      const readings: Array<Reading> = []
      for (const asking of asked) readings.push(yield* readOne(shared, head, asking))
      return { readings, tokens: shared.tokens }
    })
  return withSharedPrefix(scheduler, model, [...head, ...tail], read, salt)
}

function readOne(
  shared: SharedPrefix,
  head: ReadonlyArray<number>,
  { question, runs, words }: Asking,
): Effect.Effect<Reading, FacetError> {
  return Effect.gen(function* () {
    const labelSums = question.options.map(() => 0)
    const wordSums = words.map(() => 0)
    for (const { labels, pass, tail } of runs) {
      const logits = yield* shared.logits([...head, ...tail], [...labels, ...words])
      if (!areFinite(logits)) return yield* notFinite("Deciding", "a candidate's logit is not a number")
      for (const [place, option] of pass.order.entries()) labelSums[option]! += logits[place]!
      for (const i of words.keys()) wordSums[i]! += logits[labels.length + i]!
    }
    const mean = (sum: number) => sum / runs.length
    return { labels: labelSums.map(mean), words: wordSums.map(mean) }
  })
}

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

function wordIds({ tokenizer }: OpenModel, { words }: AskedQuestion, runs: ReadonlyArray<Run>): ReadonlyArray<number> {
  const ids = words.map((word) => tokenizer.encodePlain(word)[0] ?? -1)
  const letters = runs[0]?.labels ?? []
  const areApart = new Set([...ids, ...letters]).size === ids.length + letters.length
  return areApart ? ids : []
}
