/** Gemma behind Ollama's API. */
import type { Facet } from "@facet/sdk"
import type { ToolCall } from "@facet/sdk/words"
import { type Context, Hono } from "hono"
import type { Exchange, Route } from "../Exchange.ts"
import { badRequest } from "../openai/ApiError.ts"
import { embedTexts, readTexts, readWidth } from "../openai/Embeddings.ts"
import { type OpenAIOptions, readOptions, type Settings } from "../openai/OpenAIOptions.ts"
import { RequestFields } from "../openai/RequestFields.ts"
import { Service, type Work } from "../Service.ts"
import { cardOf, runningOf, tagOf } from "./ModelCard.ts"
import { nameFor } from "./ModelNames.ts"
import { nanoseconds } from "./nanoseconds.ts"
import type { OllamaJob } from "./OllamaJob.ts"
import { readModelOptions } from "./readModelOptions.ts"
import { readOllamaChat, readOllamaGenerate, warnOfLoading } from "./OllamaRequests.ts"
import { reply, type ReplyServer } from "./reply.ts"
import { toOllamaError } from "./toOllamaError.ts"

/** The options of `ollama()`: those of `openai()`, of which `maxModerationInputs` asks for nothing here. */
export interface OllamaOptions extends Omit<OpenAIOptions, "maxModerationInputs"> {}

export interface OllamaApp extends Hono {
  /** Closes the models, unless they came as an open Facet. Requests under way end with an error. */
  dispose(): Promise<void>
}

/** The release of Ollama whose API this is, for clients that look at it before they ask for something newer. */
const apiVersion = "0.12.6"

/**
 * An app that answers `/api/chat`, `/api/generate`, `/api/embed`, `/api/embeddings`, `/api/tags`, `/api/show`, `/api/ps`
 * and `/api/version` as Ollama does. What would change an answer and cannot be honoured is refused by name; what changes nothing is told in
 * the header `X-Facet-Warning`.
 *
 * @throws InvalidRequestError for an option that is unknown or wrong.
 * @example
 * const app = new Hono()
 * app.route("/", ollama({ guard: true }))
 */
export function ollama(options: OllamaOptions = {}): OllamaApp {
  const settings = readOptions(options)
  const service = new Service(settings)
  const serving = { service, settings }
  const since = new Date()
  const app = new Hono()
  const post = (path: string, route: Route, content: string, work: Work) => {
    const toFailure = (error: unknown) => toOllamaError(error, content)
    app.post(path, service.serve(route, toFailure, work))
    app.all(path, service.refuseOthers(route, "POST", toFailure))
  }
  const get = (path: string, route: Route, work: (exchange: Exchange) => Promise<object>) => {
    const toFailure = (error: unknown) => toOllamaError(error, "model")
    const answer: Work = async (_, exchange) => exchange.json(await work(exchange))
    app.get(path, service.serve(route, toFailure, answer))
    app.all(path, service.refuseOthers(route, "GET, HEAD", toFailure))
  }
  const generating = (read: (body: unknown) => OllamaJob, said: ReplyServer["said"]): Work => {
    return async (context, exchange) => {
      const job = read(await service.body(context))
      exchange.warn(job.warnings)
      const model = nameFor(job.model, settings.models)
      const { facet, loadMs } = await opened(service, context, exchange)
      return reply(job, { facet, model, guard: settings.guard, said, loadMs }, exchange)
    }
  }

  post("/api/chat", "api.chat", "messages", generating(readOllamaChat, inMessage))
  post("/api/generate", "api.generate", "prompt", generating(readOllamaGenerate, inResponse))
  post("/api/embed", "api.embed", "input", async (context, exchange) =>
    exchange.json(embeddedAnswer(await embed("input", context, exchange, serving))),
  )
  // The older route, for one text.
  post("/api/embeddings", "api.embeddings", "prompt", async (context, exchange) => {
    const { embeddings } = await embed("prompt", context, exchange, serving)
    return exchange.json({ embedding: embeddings[0] ?? [] })
  })
  post("/api/show", "api.show", "model", async (context, exchange) => {
    const fields = new RequestFields(await service.body(context))
    // Older clients call it so.
    const name = fields.text("model") ?? fields.text("name")
    nameFor(name, settings.models)
    return exchange.json(cardOf(await service.opened(exchange), since))
  })
  get("/api/tags", "api.tags", async (exchange) => {
    const facet = await service.opened(exchange)
    return { models: settings.models.map((name) => tagOf(name, facet, since)) }
  })
  get("/api/ps", "api.ps", async (exchange) => {
    const [first] = settings.models
    return { models: [runningOf(first, await service.opened(exchange), since)] }
  })
  get("/api/version", "api.version", async () => ({ version: apiVersion }))
  return Object.assign(app, { dispose: () => service.dispose() })
}

const inMessage: ReplyServer["said"] = (content, calls) => ({
  message: { role: "assistant", content, ...(calls.length > 0 && { tool_calls: calls.map(callOf) }) },
})
const callOf = ({ input, name }: ToolCall) => ({ function: { name, arguments: input } })
const inResponse = (response: string) => ({ response })

/** Reads what both routes for vectors take, and makes the vectors of the texts that stand in `field`. */
async function embed(
  field: "input" | "prompt",
  context: Context,
  exchange: Exchange,
  { service, settings }: Serving,
): Promise<Embedded> {
  const fields = new RequestFields(await service.body(context))
  const given = fields.value(field)
  if (field === "prompt" && Array.isArray(given)) throw badRequest(field, "it is not one text.", "invalid_type")
  const texts = readTexts(given, field)
  const model = nameFor(fields.text("model"), settings.models)
  const width = readWidth(fields)
  // They say how tokens are chosen, and none are.
  readModelOptions(fields)
  warnOfLoading(fields)
  fields.warnOfRest()
  exchange.warn(fields.warnings)
  const { facet, loadMs } = await opened(service, context, exchange)
  const startedAt = performance.now()
  const { tokens, vectors } = await embedTexts(
    { texts, width },
    field,
    { facet, model, guard: settings.guard },
    exchange,
  )
  const embeddings = vectors.map((vector) => [...vector])
  return { model, embeddings, tokens, loadMs, totalMs: loadMs + performance.now() - startedAt }
}

interface Serving {
  readonly service: Service
  readonly settings: Settings
}

interface Embedded {
  readonly model: string
  readonly embeddings: ReadonlyArray<ReadonlyArray<number>>
  readonly tokens: number
  readonly loadMs: number
  readonly totalMs: number
}

const embeddedAnswer = ({ embeddings, loadMs, model, tokens, totalMs }: Embedded) => ({
  model,
  embeddings,
  total_duration: nanoseconds(totalMs),
  load_duration: nanoseconds(loadMs),
  prompt_eval_count: tokens,
})

/** The Facet, and how long it took to come. */
async function opened(
  service: Service,
  context: Context,
  exchange: Exchange,
): Promise<{ readonly facet: Facet; readonly loadMs: number }> {
  const startedAt = performance.now()
  const facet = await service.open(context, exchange)
  return { facet, loadMs: performance.now() - startedAt }
}
