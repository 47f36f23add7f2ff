/** What servers answer, as their documentation has it. */
import type { ServerKind } from "@facet/sdk"
import { idsOfText, textOfIds, wordIds } from "./textOfIds.ts"

export interface Body {
  readonly stream?: boolean
  readonly content?: string
  readonly parse_special?: boolean
  readonly add_special_tokens?: boolean
  readonly prompt?: string | ReadonlyArray<number> | ReadonlyArray<ReadonlyArray<number>>
  readonly inputs?: string
  readonly input_ids?: ReadonlyArray<number>
  readonly tokens?: ReadonlyArray<number>
  readonly query?: ReadonlyArray<number>
  readonly items?: ReadonlyArray<ReadonlyArray<number>>
  readonly label_token_ids?: ReadonlyArray<number>
  readonly token_ids_logprob?: ReadonlyArray<number>
  readonly logprob_token_ids?: ReadonlyArray<number>
  readonly allowed_token_ids?: ReadonlyArray<number>
  readonly parameters?: { readonly decoder_input_details?: boolean }
  readonly messages?: ReadonlyArray<{ readonly role: string; readonly content: string }>
  readonly options?: Readonly<Record<string, unknown>>
  readonly n_probs?: number
  readonly seed?: number
  readonly stop?: ReadonlyArray<string>
  readonly [field: string]: unknown
}

export interface Model {
  readonly name: string
  readonly contextLength: number
  readonly mostTold: number
  readonly chatTokens: number
  readonly letterTokens: number
  readonly ignoresIds: boolean
  readonly masks: boolean
  readonly leastLogprob: number
  answersTo(prompt: string): Readonly<Record<string, number>>
}

type Shape = (path: string, body: Body, model: Model) => object | undefined

const models =
  (
    owner: string,
    length: (model: Model) => object = ({ contextLength }) => ({ max_model_len: contextLength }),
  ): Shape =>
  (path, body, model) => {
    if (path === "/v1/models") return { data: [{ id: model.name, owned_by: owner, ...length(model) }] }
    if (path === "/v1/chat/completions") return { model: model.name, usage: { prompt_tokens: model.chatTokens } }
    return path === "/v1/completions" && typeof body.prompt === "string" ? likeliest(body.prompt, model) : undefined
  }

/** OpenAI's completions: the likeliest tokens, by their texts. */
function likeliest(prompt: string, model: Model): object {
  const top = Object.entries(model.answersTo(prompt)).slice(0, model.mostTold)
  return {
    model: model.name,
    choices: [
      {
        text: top[0]?.[0],
        logprobs: { tokens: [top[0]?.[0]], token_logprobs: [top[0]?.[1]], top_logprobs: [Object.fromEntries(top)] },
      },
    ],
    usage: { prompt_tokens: prompt === "a" ? model.letterTokens : 90 },
  }
}

const tokenise: Shape = (path, body) => {
  if (path === "/tokenize") {
    const text = String(body.prompt ?? body.content)
    // What takes no word of it reads every control token that a text spells.
    const isControl = body.parse_special ?? true
    return { tokens: idsOfText(text, isControl) }
  }
  return path === "/detokenize" ? detokenised(textOfIds(body.tokens ?? [])) : undefined
}

/** Each kind has a name of its own for it. */
const detokenised = (text: string) => ({ prompt: text, text, content: text })

const either =
  (...shapes: ReadonlyArray<Shape>): Shape =>
  (path, body, model) =>
    shapes.map((shape) => shape(path, body, model)).find((document) => document !== undefined)

/** P(Yes) of the two. */
function yesOf(ids: ReadonlyArray<number>, model: Model): number {
  const { No = -Infinity, Yes = -Infinity } = model.answersTo(textOfIds(ids))
  return 1 / (1 + Math.exp(No - Yes))
}

const logprobOf = (id: number, ids: ReadonlyArray<number>, model: Model): number => {
  const word = Object.entries(wordIds).find(([, known]) => known === id)?.[0] ?? ""
  return model.answersTo(textOfIds(ids))[word] ?? model.leastLogprob
}

const scored: Shape = (path, { items = [], query = [] }, model) => {
  const scores = items.map((item) => yesOf([...query, ...item], model))
  if (path === "/generative_scoring") {
    // What does not fit is cut off without a word, as version 0.32 does. They need not come in order.
    const read = items.map((item) => Math.min(query.length + item.length, model.contextLength - 1))
    return {
      model: model.name,
      data: scores.map((score, index) => ({ index, object: "score", score })).toReversed(),
      usage: { prompt_tokens: read.reduce((sum, length) => sum + length, 0) },
    }
  }
  return path === "/v1/score" ? { scores: scores.map((score) => [score, 1 - score]) } : undefined
}

const vllmCompletions: Shape = (path, body, model) => {
  const { allowed_token_ids: allowed, logprob_token_ids: named, prompt = [] } = body
  if (path !== "/v1/completions" || typeof prompt === "string") return undefined
  // Each prompt of several is a list of ids.
  const prompts = prompt as ReadonlyArray<ReadonlyArray<number>>
  const choices = prompts.map((ids, index) => {
    const usual = Object.entries(model.answersTo(textOfIds(ids))).slice(0, model.mostTold)
    const told = allowed?.map((id) => [id, model.masks ? 0 : logprobOf(id, ids, model)] as const) ?? [
      ...usual.map(([word, logprob]) => [wordIds[word] ?? 99, logprob] as const),
      ...(model.ignoresIds ? [] : (named ?? [])).map((id) => [id, logprobOf(id, ids, model)] as const),
    ]
    const top = Object.fromEntries(told.map(([id, logprob]) => [`token_id:${id}`, logprob]))
    const [first] = Object.entries(top)
    return { index, logprobs: { tokens: [first?.[0]], token_logprobs: [first?.[1]], top_logprobs: [top] } }
  })
  return { model: model.name, choices: choices.toReversed(), usage: { prompt_tokens: 90 } }
}

const sglangGenerate: Shape = (path, { input_ids: ids = [], token_ids_logprob: named = [] }, model) =>
  path === "/generate"
    ? {
        meta_info: {
          cached_tokens: 1,
          output_token_logprobs: [[-0.1, 1, null]],
          output_token_ids_logprobs: [named.map((id) => [logprobOf(id, ids, model), id, null])],
        },
      }
    : undefined

const llamaCompletion: Shape = (path, { n_probs: count = 1, prompt = [] }, model) => {
  if (path === "/props") return { default_generation_settings: { n_ctx: model.contextLength } }
  if (path !== "/completion") return undefined
  // One prompt, as ids.
  const all = Object.entries(model.answersTo(textOfIds(prompt as ReadonlyArray<number>)))
  const few = count > 1000 ? all : all.slice(0, model.mostTold)
  const told = few.map(([token, logprob]) => ({ id: wordIds[token] ?? 99, token, logprob }))
  return { model: model.name, completion_probabilities: [{ top_logprobs: told }], timings: { cache_n: 1 } }
}

const tgiRoutes: Shape = (path, { inputs = "", parameters }, model) => {
  if (path === "/info") {
    return { model_id: model.name, router: "text-generation-router", max_total_tokens: model.contextLength }
  }
  if (path === "/v1/chat/completions") return { usage: { prompt_tokens: model.chatTokens } }
  if (path === "/tokenize") return Array.from({ length: model.letterTokens }, (_, id) => ({ id, text: "" }))
  if (path !== "/generate") return undefined
  if (parameters?.decoder_input_details === true) {
    const answer = /(Yes|No)$/.exec(inputs)?.[0] ?? ""
    const logprob = model.answersTo(inputs.slice(0, -answer.length))[answer] ?? -30
    return {
      details: {
        prefill: [
          { id: 2, text: "<bos>", logprob: null },
          { id: 7, text: answer, logprob },
        ],
      },
    }
  }
  const top = Object.entries(model.answersTo(inputs)).slice(0, Math.min(5, model.mostTold))
  return { details: { prefill: [], top_tokens: [top.map(([text, logprob]) => ({ id: 1, text, logprob }))] } }
}

const ollamaRoutes: Shape = (path, { prompt = "" }, model) => {
  switch (path) {
    case "/api/version":
      return { version: "0.24.0" }
    case "/api/tags":
      return { models: [{ name: `${model.name}:latest` }] }
    case "/api/show":
      return { model_info: { "general.architecture": "gemma2", "gemma2.context_length": model.contextLength } }
    case "/v1/models":
      return { data: [{ id: `${model.name}:latest`, owned_by: "library" }] }
    case "/api/generate": {
      const top = Object.entries(model.answersTo(String(prompt))).slice(0, model.mostTold)
      const told = top.map(([token, logprob]) => ({ token, logprob }))
      return {
        model: `${model.name}:latest`,
        logprobs: [{ ...told[0], top_logprobs: told }],
        prompt_eval_count: prompt === "a" ? model.letterTokens : 90,
      }
    }
  }
  return undefined
}

const noPlace = () => ({})

export const shapes: Readonly<Partial<Record<ServerKind, Shape>>> = {
  openai: models("somebody"),
  vllm: either(tokenise, scored, vllmCompletions, models("vllm")),
  sglang: either(tokenise, scored, sglangGenerate, models("sglang"), (path) =>
    path === "/get_server_info" ? { attention_backend: "triton" } : undefined,
  ),
  "tensorrt-llm": models("tensorrt_llm", noPlace),
  nim: either(tokenise, vllmCompletions, models("system"), (path) =>
    path === "/v1/metadata" ? { version: "1.0.0" } : undefined,
  ),
  "llama.cpp": either(
    tokenise,
    llamaCompletion,
    models("llamacpp", () => ({ meta: { n_ctx_train: 99 } })),
  ),
  ollama: ollamaRoutes,
  tgi: tgiRoutes,
}
