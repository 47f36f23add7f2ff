import {
  Experimental_DecisionUnsupportedQuestionTypeError as DecisionUnsupportedQuestionTypeError,
  type Experimental_DecisionModelV4 as DecisionModelV4,
  type Experimental_DecisionModelV4CallOptions as DecisionModelV4CallOptions,
  type Experimental_DecisionModelV4Question as DecisionModelV4Question,
  type Experimental_DecisionModelV4Result as DecisionModelV4Result,
  type SharedV4Warning,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider"
import { definePolicy, policies, type Policy, toJson } from "@facet/sdk/words"
import type { SharedModel } from "./OpenModels.ts"
import { readDecisionModelOptions } from "./ProviderOptions.ts"
import { newResponseId } from "./Results.ts"
import { toProviderError } from "./toProviderError.ts"
import { warnOfHeaders, warnOfReasoning } from "./Warnings.ts"

/**
 * ShieldGemma as a decision model: each boolean question is a policy, and its answer the probability that the state
 * violates it. A question whose id is that of a policy is that policy; any other question's instructions are the
 * guideline of a policy of its own.
 */
export class FacetDecisionModel implements DecisionModelV4 {
  readonly specificationVersion = "v4"
  readonly supportedQuestionTypes = ["boolean"] as const
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
    const { judge = "prompt" } = readDecisionModelOptions(call.providerOptions)
    warnOfCall(call, warnings)
    const questions = this.#booleans(call.questions)
    const text = textOf(call.state)
    const timestamp = new Date()
    const facet = await this.#model.open(signal)
    try {
      const asked = questions.map(([id, question]) => toPolicy(id, question, warnings))
      const content = judge === "prompt" ? { prompt: text } : { response: text }
      const verdict = await facet.shield(content, { policies: asked, signal })
      const answers = verdict.policies.map(
        ({ policy, probability }) => [policy, { type: "boolean", probability }] as const,
      )
      return {
        answers: Object.fromEntries(answers),
        usage: { inputTokens: verdict.tokens.judged + verdict.tokens.cached, outputTokens: 0 },
        warnings,
        providerMetadata: { facet: toJson({ verdict }) },
        response: { id: newResponseId(), timestamp, modelId: this.modelId },
      }
    } catch (error) {
      throw toProviderError(error, signal)
    }
  }

  #booleans(questions: DecisionModelV4CallOptions["questions"]): ReadonlyArray<readonly [string, BooleanQuestion]> {
    return Object.entries(questions).map(([questionId, question]) => {
      if (question.type === "boolean") return [questionId, question]
      const { modelId, provider } = this
      throw new DecisionUnsupportedQuestionTypeError({ questionId, questionType: question.type, provider, modelId })
    })
  }
}

type BooleanQuestion = Extract<DecisionModelV4Question, { type: "boolean" }>

function warnOfCall(call: DecisionModelV4CallOptions, warnings: Array<SharedV4Warning>): void {
  warnOfReasoning(call.reasoning, warnings)
  warnOfHeaders(call.headers, warnings)
  if (call.maxOutputTokens === undefined) return
  const details = "Nothing is written to decide: one probability is read."
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

function toPolicy(id: string, question: BooleanQuestion, warnings: Array<SharedV4Warning>): Policy {
  const { criteria } = question
  const instructions = instructionsOf(question)
  const known: Policy | undefined = Object.values(policies).find((policy) => policy.id === id)
  if (criteria !== undefined && criteria !== null) warnings.push(unused(id, "criteria", known))
  if (known === undefined) {
    if (instructions === undefined) {
      throw new UnsupportedFunctionalityError({
        functionality: "questions without instructions",
        message: `questions.${id}: it has no instructions. Give it the guideline that the text must not violate, or use the id of a policy: ${Object.keys(policies).join(", ")}.`,
      })
    }
    return definePolicy({ id, promptGuideline: instructions, responseGuideline: instructions })
  }
  const { promptGuideline, responseGuideline } = known
  const isSaid = instructions === undefined || [id, promptGuideline, responseGuideline].includes(instructions)
  if (!isSaid) warnings.push(unused(id, "instructions", known))
  return known
}

function instructionsOf({ instructions }: BooleanQuestion): string | undefined {
  if (instructions === undefined || instructions === null) return undefined
  return typeof instructions === "string" ? instructions : jsonOf(instructions)
}

/** @throws UnsupportedFunctionalityError for what cannot be written: in a circle, or nested without end */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    const functionality = "JSON that holds itself, or is nested deeper than it can be written"
    throw new UnsupportedFunctionalityError({ functionality, message: `${functionality}: ${String(cause)}` })
  }
}

function unused(id: string, field: string, policy: Policy | undefined): SharedV4Warning {
  const details =
    policy === undefined
      ? "The guard judges by the instructions alone."
      : `"${id}" is a policy, and is judged by the policy's own guideline. Use another id for a guideline of your own.`
  return { type: "unsupported", feature: `questions.${id}.${field}`, details }
}
