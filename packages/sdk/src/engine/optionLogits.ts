/**
 * Typed questions about a text: the logits of their options, without a word of an answer being generated.
 *
 * An option of a choice or a score can be answered by its letter and by its own word, of which the first token counts, and
 * both are read from one run. Words are likely or not by themselves, so that what a word's logit is without any text is taken
 * off (Zhao et al., "Calibrate Before Use", 2021): small models bind no meaning to letters, and answer by words alone.
 */
import * as Effect from "effect/Effect"
import type { Decision } from "../words/Decision.ts"
import { type FacetError, ModelFileError, notFinite } from "../words/Errors.ts"
import { inSlices } from "../words/inSlices.ts"
import type { AskedQuestion } from "../words/readQuestions.ts"
import { aroundUser, encodeTemplate } from "../tokenizer/ChatTemplate.ts"
import type { TemplatePart } from "../words/TemplatePart.ts"
import { areFinite } from "./areFinite.ts"
import { beginning, type Pass, passesOf } from "./DecisionPrompt.ts"
import type { OpenModel } from "./OpenModel.ts"
import { singleToken } from "./singleToken.ts"
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

/** What a model makes of questions. */
export interface OptionLogits {
  /** For each question those of its options, in their order; their softmax is their probabilities. */
  readonly logits: ReadonlyArray<ReadonlyArray<number>>
  readonly tokens: Decision["tokens"]
}

/** What is asked about a text. */
export interface AskedState {
  readonly state: string
  readonly questions: ReadonlyArray<AskedQuestion>
  readonly cacheSalt?: string | undefined
}

/** All questions, and all orders of their options, share the text's keys and values. */
export const optionLogits = (
  scheduler: Scheduler,
  model: OpenModel,
  { cacheSalt = "", questions, state }: AskedState,
): Effect.Effect<OptionLogits, FacetError> =>
  Effect.gen(function* () {
    yield* checked(() => checkMayFit(model, state.length, "text"))
    const template = yield* checked(() => aroundUser(model.tokenizer))
    const headOf = (text: string) =>
      inSlices(() => encodeTemplate(model.tokenizer, [...template.before, beginning(text)]))
    const head = yield* headOf(state)
    const asked: Array<Asking> = []
    // Nothing is run for questions of which one cannot be asked.
    for (const question of questions) asked.push(yield* prepare(model, question, head, template.after))
    const keys = new Map(asked.map((asking) => [asking, JSON.stringify([cacheSalt, asking.question])]))
    const priors = new Map(asked.map((asking) => [asking, model.priors.get(keys.get(asking) ?? "")]))
    const unknown = asked.filter((asking) => asking.words.length > 0 && priors.get(asking) === undefined)
    const without = yield* readAll(scheduler, model, unknown.length === 0 ? [] : yield* headOf(""), unknown, cacheSalt)
    for (const [i, asking] of unknown.entries()) {
      const words = without.readings[i]?.words ?? []
      priors.set(asking, words)
      const key = keys.get(asking) ?? ""
      if (key.length <= longestKey) model.priors.set(key, words)
    }
    const found = yield* readAll(scheduler, model, head, asked, cacheSalt)
    return {
      logits: asked.map((asking, i) => logitsOf(found.readings[i], priors.get(asking))),
      tokens: {
        judged: without.tokens.judged + found.tokens.judged,
        cached: without.tokens.cached + found.tokens.cached,
      },
    }
  })

/** UTF-16 units of a question that is remembered: whoever sends longer ones would choose how much memory they take. */
const longestKey = 16_384

function prepare(
  model: OpenModel,
  question: AskedQuestion,
  head: ReadonlyArray<number>,
  after: ReadonlyArray<TemplatePart>,
): Effect.Effect<Asking, FacetError> {
  return Effect.gen(function* () {
    const runs: Array<Run> = []
    for (const pass of passesOf(question)) {
      const tail = yield* inSlices(() => encodeTemplate(model.tokenizer, [pass.question, ...after]))
      yield* checkLength(model, { length: head.length + tail.length })
      const labels = yield* checked(() => pass.labels.map((label) => labelId(model, label)))
      runs.push({ pass, tail, labels })
    }
    return { question, runs, words: wordIds(model, question, runs) }
  })
}

/** The mean of what letters say and of what words say beyond what they say without a text. */
function logitsOf(reading: Reading | undefined, priors: ReadonlyArray<number> = []): ReadonlyArray<number> {
  const { labels = [], words = [] } = reading ?? {}
  if (words.length === 0) return labels
  return labels.map((label, i) => (label + (words[i] ?? NaN) - (priors[i] ?? NaN)) / 2)
}

/** For each option the mean logit of what it may be answered by, over all passes. */
interface Reading {
  readonly labels: ReadonlyArray<number>
  /** Empty where words are not read. */
  readonly words: ReadonlyArray<number>
}

interface Readings extends Pick<OptionLogits, "tokens"> {
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
