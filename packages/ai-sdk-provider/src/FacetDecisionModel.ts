import {
  Experimental_DecisionUnsupportedQuestionTypeError as DecisionUnsupportedQuestionTypeError,
  type Experimental_DecisionModelV4 as DecisionModelV4,
  type Experimental_DecisionModelV4Answer as DecisionModelV4Answer,
  type Experimental_DecisionModelV4CallOptions as DecisionModelV4CallOptions,
  type Experimental_DecisionModelV4Question as DecisionModelV4Question,
  type Experimental_DecisionModelV4Result as DecisionModelV4Result,
  type SharedV4Warning,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider"
import {
  type Answer,
  definePolicy,
  policies,
  type Policy,
  type Question,
  type Questions,
  toJson,
} from "@facet/sdk/words"
import type { SharedModel } from "./OpenModels.ts"
import { type FacetDecisionModelOptions, readDecisionModelOptions } from "./ProviderOptions.ts"
import { newResponseId } from "./Results.ts"
import { toProviderError } from "./toProviderError.ts"
import { warnOfHeaders, warnOfReasoning } from "./Warnings.ts"

/**
 * Gemma as a decision model: boolean, choice and score, with the whole distribution of each. A boolean question that is one of
 * ShieldGemma's policies, by its id or by its guideline word for word, is asked of the guard.
 */
export class FacetDecisionModel implements DecisionModelV4 {
  readonly specificationVersion = "v4"
  readonly supportedQuestionTypes = ["boolean", "choice", "score"] as const
  readonly provider: string
  readonly modelId: string
  readonly #model: SharedModel

  constructor(provider: string, model: SharedModel) {
    this.provider = provider
    this.modelId = model.modelId
    this.#model = model
  }

  async doDecide(call: DecisionModelV4CallOptions): Promise<DecisionModelV4Result> {
    const { abortSignal: signal } = call
    signal?.throwIfAborted()
    const warnings: Array<SharedV4Warning> = []
    const options = readDecisionModelOptions(call.providerOptions)
    warnOfCall(call, warnings)
    const questions = this.#read(call.questions, options, warnings)
    const state = textOf(call.state)
    const timestamp = new Date()
    const facet = await this.#model.open(signal)
    try {
      const { answers, tokens } = await facet.decide(state, questions, { signal })
      return {
        answers: Object.fromEntries(Object.entries(answers).map(([id, answer]) => [id, toAnswer(answer)])),
        usage: { inputTokens: tokens.judged + tokens.cached, outputTokens: 0 },
        warnings,
        providerMetadata: { facet: toJson({ tokens }) },
        response: { id: newResponseId(), timestamp, modelId: this.modelId },
      }
    } catch (error) {
      throw toProviderError(error, signal)
    }
  }

  #read(
    questions: DecisionModelV4CallOptions["questions"],
    options: FacetDecisionModelOptions,
    warnings: Array<SharedV4Warning>,
  ): Questions {
    const read = Object.entries(questions).map(([id, question]) => {
      if (options.ask === "guard" && question.type !== "boolean") throw this.#unsupported(id, question)
      return [id, this.#toQuestion(id, question, options, warnings)] as const
    })
    return Object.fromEntries(read)
  }

  #toQuestion(
    id: string,
    question: DecisionModelV4Question,
    { ask, judge = "prompt" }: FacetDecisionModelOptions,
    warnings: Array<SharedV4Warning>,
  ): Question {
    const instructions = wordsOf(question.instructions)
    switch (question.type) {
      case "boolean": {
        const policy = policyOf(id, instructions) ?? (ask === "guard" ? ownPolicy(id, instructions) : undefined)
        if (policy !== undefined && ask !== "text") {
          warnOfUnused(id, question, policy, warnings)
          return { type: "boolean", policy, judge }
        }
        const { false: no, true: yes } = question.criteria ?? {}
        return { type: "boolean", instructions, criteria: { true: wordsOf(yes) ?? null, false: wordsOf(no) ?? null } }
      }
      case "choice": {
        const options = Object.entries(question.criteria).map(
          ([name, words]) => [name, wordsOf(words) ?? null] as const,
        )
        return { type: "choice", instructions, criteria: Object.fromEntries(options) }
      }
      case "score":
        return {
          type: "score",
          instructions,
          criteria: question.criteria.map((words, level) => wordsOf(words) ?? `level ${level}`),
        }
      case "box":
        throw this.#unsupported(id, question)
    }
  }

  #unsupported(questionId: string, { type: questionType }: DecisionModelV4Question): Error {
    const { modelId, provider } = this
    return new DecisionUnsupportedQuestionTypeError({ questionId, questionType, provider, modelId })
  }
}

/** Without a threshold of ours there is nothing in an answer that the AI SDK does not know. */
function toAnswer(answer: Answer): DecisionModelV4Answer {
  switch (answer.type) {
    case "boolean":
      return { type: "boolean", probability: answer.probability }
    case "choice":
      return { type: "choice", choice: answer.choice, probabilities: { ...answer.probabilities } }
    case "score":
      return { type: "score", score: answer.score, probabilities: { ...answer.probabilities } }
  }
}

function warnOfCall(call: DecisionModelV4CallOptions, warnings: Array<SharedV4Warning>): void {
  warnOfReasoning(call.reasoning, warnings)
  warnOfHeaders(call.headers, warnings)
  if (call.maxOutputTokens === undefined) return
  const details = "Nothing is written to decide: probabilities are read."
  warnings.push({ type: "unsupported", feature: "maxOutputTokens", details })
}

/** @throws UnsupportedFunctionalityError for files and images */
function textOf(state: DecisionModelV4CallOptions["state"]): string {
  const texts = state.map((part) => {
    if (part.type === "text") return part.text
    if (part.type === "json") return typeof part.value === "string" ? part.value : jsonOf(part.value)
    const functionality = `file parts (${part.mediaType})`
    throw new UnsupportedFunctionalityError({ functionality, message: `${functionality} cannot be judged: text only.` })
  })
  return texts.join("\n\n")
}

/** Instructions and descriptions may be JSON; `null` is none. */
const wordsOf = (words: DecisionModelV4Question["instructions"]): string | undefined =>
  words === undefined || words === null ? undefined : typeof words === "string" ? words : jsonOf(words)

/** @throws UnsupportedFunctionalityError for what cannot be written: in a circle, or nested without end */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    const functionality = "JSON that holds itself, or is nested deeper than it can be written"
    throw new UnsupportedFunctionalityError({ functionality, message: `${functionality}: ${String(cause)}` })
  }
}

/** The released policy that a question is. */
const policyOf = (id: string, instructions: string | undefined): Policy | undefined =>
  Object.values<Policy>(policies).find(
    (policy) =>
      policy.id === id ||
      (instructions !== undefined &&
        (policy.promptGuideline === instructions || policy.responseGuideline === instructions)),
  )

/** A policy of the question's own, whose instructions are its guideline. */
function ownPolicy(id: string, instructions: string | undefined): Policy {
  if (instructions !== undefined)
    return definePolicy({ id, promptGuideline: instructions, responseGuideline: instructions })
  throw new UnsupportedFunctionalityError({
    functionality: "questions without instructions",
    message: `questions.${id}: it has no instructions. Give it the guideline that the text must not violate, or use the id of a policy: ${Object.keys(policies).join(", ")}.`,
  })
}

/** The guard judges by the policy's own guideline, and by nothing else. */
function warnOfUnused(
  id: string,
  { criteria, instructions }: Extract<DecisionModelV4Question, { type: "boolean" }>,
  policy: Policy,
  warnings: Array<SharedV4Warning>,
): void {
  const details = `"${id}" is a policy, and is judged by the policy's own guideline. Use another id for a question of your own.`
  const said = wordsOf(instructions)
  const isSaid = said === undefined || [id, policy.promptGuideline, policy.responseGuideline].includes(said)
  if (!isSaid) warnings.push({ type: "unsupported", feature: `questions.${id}.instructions`, details })
  if (criteria === undefined || criteria === null) return
  warnings.push({ type: "unsupported", feature: `questions.${id}.criteria`, details })
}
