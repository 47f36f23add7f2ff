/**
 * `POST /v1/systemone`: what it is asked, and how it answers, as vLLM, SGLang and llama.cpp do. Its yes-or-no question is
 * called `noul`.
 */
import { type Answer, isRecord, type Question, type Questions } from "@facet/sdk/words"
import { badRequest } from "./ApiError.ts"
import { confidenceOf } from "./confidenceOf.ts"
import type { DecisionJob } from "./DecisionJob.ts"
import { jsonText } from "./jsonText.ts"
import { reachOf, readKept } from "./KeptWithQuestions.ts"
import { kindOf, RequestFields } from "./RequestFields.ts"

/** Facet's names of its types of questions. */
const types: ReadonlyMap<string, Question["type"]> = new Map([
  ["noul", "boolean"],
  ["choice", "choice"],
  ["score", "score"],
])

/** @throws ApiError that names the field that is wrong. */
export function readSystemOneRequest(body: unknown): DecisionJob {
  const fields = new RequestFields(body)
  const model = fields.text("model")
  const state = fields.value("state")
  if (state === undefined) throw missing("state")
  const questions = fields.value("questions")
  if (questions === undefined) throw missing("questions")
  if (!isRecord(questions)) {
    throw badRequest("questions", `${kindOf(questions)} where an object of questions is expected.`, "invalid_type")
  }
  const cacheSalt = fields.text("cache_salt")
  fields.finish()
  const read = Object.entries(questions).map(
    ([name, question]) => [name, readQuestion(new RequestFields(question, `questions.${name}`))] as const,
  )
  return {
    model,
    state: jsonText(state, "state"),
    // Facet checks what they hold, as it does for callers without types.
    questions: Object.fromEntries(read.map(([name, { question }]) => [name, question])) as Questions,
    cacheSalt,
    paramOf: (path) => path,
    answer: ({ answers, tokens }) => ({
      answers: Object.fromEntries(
        read.flatMap(([name, { legend }]) => {
          const answer = Object.hasOwn(answers, name) ? answers[name] : undefined
          return answer === undefined ? [] : [[name, { ...publicAnswer(answer, legend), ...reachOf(answer) }]]
        }),
      ),
      usage: {
        input_tokens: tokens.judged + tokens.cached,
        input_tokens_details: { cached_tokens: tokens.cached },
        output_tokens: 0,
      },
    }),
  }
}

const missing = (param: string) => badRequest(param, "it is missing.", "missing_required_parameter")

interface ReadQuestion {
  readonly question: object
  /** The levels of a score as the client wrote them, by their numbers. */
  readonly legend: Readonly<Record<string, unknown>>
}

function readQuestion(fields: RequestFields): ReadQuestion {
  const given = fields.text("type")
  if (given === undefined) throw missing(fields.at("type"))
  const type = types.get(given)
  if (type === undefined) throw badRequest(fields.at("type"), "it is not noul, choice or score.", "invalid_value")
  const instructions = fields.value("instructions")
  const criteria = fields.value("criteria")
  const kept = readKept(fields)
  fields.finish()
  if (criteria === undefined && type === "score") throw missing(fields.at("criteria"))
  return {
    question: {
      type,
      ...(instructions !== undefined && { instructions: jsonText(instructions, fields.at("instructions")) }),
      ...(criteria !== undefined && { criteria: criteriaOf(criteria, fields.at("criteria")) }),
      ...kept,
    },
    legend: Array.isArray(criteria) ? Object.fromEntries(criteria.entries()) : {},
  }
}

/** Descriptions may be JSON; null is none, and a level without one has its number. */
function criteriaOf(criteria: unknown, param: string): unknown {
  if (Array.isArray(criteria)) {
    return criteria.map((words: unknown, level) => (words === null ? `level ${level}` : jsonText(words, param)))
  }
  if (!isRecord(criteria)) return criteria
  const described = Object.entries(criteria).map(([name, words]) => [
    name,
    words === null ? null : jsonText(words, param),
  ])
  return Object.fromEntries(described)
}

function publicAnswer(answer: Answer, legend: ReadQuestion["legend"]): object {
  switch (answer.type) {
    case "boolean":
      return { type: "noul", noul: answer.probability }
    case "choice": {
      const { choice, probabilities } = answer
      return { type: "choice", choice, probabilities, confidence: confidenceOf(Object.values(probabilities)) }
    }
    case "score": {
      const { probabilities, score } = answer
      return { type: "score", score, legend, probabilities, confidence: confidenceOf(Object.values(probabilities)) }
    }
  }
}
