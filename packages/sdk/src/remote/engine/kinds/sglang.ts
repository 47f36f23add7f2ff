/** SGLang. It takes token ids, and tells the log-probabilities of the two answers. */
import { isList, isRecord } from "../../../words/Json.ts"
import { noFilters } from "../generating/Dialect.ts"
import { generateByOpenAi } from "../generating/generateByOpenAi.ts"
import type { AnswerAsking, AnswerRoute, Told } from "../judging/AnswerRoute.ts"
import { completionAnswers, countByCompletion } from "../judging/completionAnswers.ts"
import { checkProbabilities } from "../judging/checkProbabilities.ts"
import { splitPrompts } from "../judging/splitPrompts.ts"
import { toldByScore } from "../judging/toldByScore.ts"
import type { TokenRoutes } from "../Vocabulary.ts"
import { describeByModels } from "./describeByModels.ts"
import type { Kind } from "./Kind.ts"
import { modelServer } from "./modelServer.ts"
import { idsOf, textOf } from "./TokenAnswers.ts"

const tokens: TokenRoutes = {
  encode: async ({ endpoint, model, signal }, text) => {
    const body = { model, prompt: text, add_special_tokens: false }
    return idsOf(endpoint, "/tokenize", (await endpoint.ask("/tokenize", body, signal))["tokens"])
  },
  decode: async ({ endpoint, model, signal }, ids) => {
    const body = { model, tokens: ids, skip_special_tokens: false }
    return textOf(endpoint, "/detokenize", (await endpoint.ask("/detokenize", body, signal))["text"])
  },
  readsControls: true,
}

/** All policies in one request, a softmax over the two answers. */
const score: AnswerRoute = async ({ answers, endpoint, model, signal }, questions) => {
  if (answers === undefined) return undefined
  const path = "/v1/score"
  const body = {
    model: model.name,
    // As ids: texts would be tokenised apart from each other.
    ...splitPrompts(questions.map(({ tokens }) => tokens)),
    label_token_ids: [answers.yes, answers.no],
    apply_softmax: true,
  }
  const answer = await endpoint.find(path, body, signal)
  if (answer === undefined) return undefined
  const scores = isRecord(answer) && isList(answer["scores"]) ? answer["scores"] : []
  return questions.map((question, i) => {
    const both = scores[i]
    return toldByScore(endpoint, path, isList(both) && both.length === 2 ? both[0] : undefined, question)
  })
}

const path = "/generate"

/** The log-probabilities of some ids after a prompt. */
async function askForIds(
  { endpoint, signal }: Pick<AnswerAsking, "endpoint" | "signal">,
  tokens: ReadonlyArray<number>,
  ids: ReadonlyArray<number>,
) {
  const body = {
    input_ids: tokens,
    sampling_params: { max_new_tokens: 1, temperature: 0 },
    return_logprob: true,
    token_ids_logprob: ids,
  }
  const { meta_info: meta } = await endpoint.ask(path, body, signal)
  const fields = isRecord(meta) ? meta : {}
  const lists = ["output_token_ids_logprobs", "output_token_logprobs"].map((name) => fields[name])
  const [told, chosen] = lists.map((list) => (isList(list) ? list : []))
  const all = new Map<unknown, number>()
  for (const one of [...(chosen ?? []), ...(isList(told?.[0]) ? told[0] : [])]) {
    if (isList(one) && typeof one[0] === "number") all.set(one[1], one[0])
  }
  const cached = fields["cached_tokens"]
  return { all, cachedTokens: typeof cached === "number" ? cached : 0 }
}

/** Older versions: one request a policy, the log-probabilities of two ids. */
const tokenIdsLogprob: AnswerRoute = async (asking, questions) => {
  const { answers, endpoint } = asking
  if (answers === undefined) return undefined
  const all: Array<Told> = []
  for (const { tokens } of questions) {
    const told = await askForIds(asking, tokens, [answers.yes, answers.no])
    const of = (id: number) => told.all.get(id) ?? endpoint.misread(path, "no log-probabilities")
    all.push(
      checkProbabilities(endpoint, path, {
        yes: of(answers.yes),
        no: of(answers.no),
        listed: [],
        promptTokens: tokens.length,
        cachedTokens: told.cachedTokens,
      }),
    )
  }
  return all
}

export const sglang: Kind = {
  answersAs: async ({ find, owners = [] }) => {
    if (owners.includes("sglang")) return true
    const info = owners.length === 0 ? undefined : await find("/get_model_info")
    return isRecord(info) && typeof info["model_path"] === "string"
  },
  open: (endpoint, remote) =>
    modelServer(endpoint, remote, {
      kind: "sglang",
      cutsRawTexts: true,
      describe: describeByModels,
      generate: generateByOpenAi({
        sampling: { topK: "top_k", minP: "min_p", repetitionPenalty: "repetition_penalty" },
        fields: { minTokens: "min_tokens", stopTokens: "stop_token_ids" },
        usual: noFilters,
        continuesMessages: true,
        constraints: {},
      }),
      tokens,
      // The last, for where nothing but OpenAI's API is to be had.
      answers: [score, tokenIdsLogprob, completionAnswers],
      count: countByCompletion,
      logprobs: async (asking, tokens, ids) => [...(await askForIds(asking, tokens, ids)).all.values()],
      warn: async (endpoint, signal) => {
        const info = await endpoint.find("/get_server_info", undefined, signal)
        // Its issue 33915.
        return isRecord(info) && info["attention_backend"] === "flashinfer"
          ? [
              "SGLang's backend flashinfer leaves out the soft-cap of a Gemma 2's attention: start it with --attention-backend triton.",
            ]
          : []
      },
    }),
}
