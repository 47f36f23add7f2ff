/** Gemma 2 and ShieldGemma behind OpenAI's API. */
import { Hono } from "hono"
import { ApiError, toApiError } from "./ApiError.ts"
import { readChatRequest } from "./readChatRequest.ts"
import type { CompletionJob } from "./CompletionJob.ts"
import { readCompletionRequest } from "./readCompletionRequest.ts"
import { decideJob } from "./decideJob.ts"
import type { DecisionJob } from "./DecisionJob.ts"
import { readDecisionRequest } from "./readDecisionRequest.ts"
import { readSystemOneRequest } from "./readSystemOneRequest.ts"
import { complete } from "./complete.ts"
import { chatFormat, type CompletionFormat, textFormat } from "./CompletionFormat.ts"
import type { Route } from "../Exchange.ts"
import { Service, type Work } from "../Service.ts"
import { embedAll, readEmbeddingRequest } from "./Embeddings.ts"
import { moderate, readModerationRequest } from "./Moderations.ts"
import { type OpenAIOptions, readOptions, type Settings } from "./OpenAIOptions.ts"
import { readResponseRequest } from "./readResponseRequest.ts"
import { respond } from "./respond.ts"

export type { OpenAIOptions } from "./OpenAIOptions.ts"

export interface OpenAIApp extends Hono {
  /** Closes the models, unless they came as an open Facet. Requests under way end with an error. */
  dispose(): Promise<void>
}

/** Names of OpenAI's that clients send unasked; the answer says which model it really was. */
const moderationAliases = ["omni-moderation-latest", "text-moderation-latest"]

/**
 * An app that answers `/v1/chat/completions`, `/v1/completions`, `/v1/responses`, `/v1/embeddings`, `/v1/decisions`,
 * `/v1/models` and `/v1/moderations` as OpenAI's API does, and `/v1/systemone` as vLLM's. What of that API it cannot do it
 * refuses by name; nothing is ignored in silence.
 *
 * @throws InvalidRequestError for an option that is unknown or wrong.
 * @example
 * const app = new Hono()
 * app.route("/", openai({ apiKey: process.env.FACET_API_KEY }))
 */
export function openai(options: OpenAIOptions = {}): OpenAIApp {
  const settings = readOptions(options)
  const service = new Service(settings)
  const app = new Hono()
  // No wildcards and no error handler: where it is mounted, other routes may begin with /v1 too.
  const post = (path: string, route: Route, content: string, work: Work) => {
    const toFailure = (error: unknown) => toApiError(error, content)
    app.post(path, service.serve(route, toFailure, work))
    app.all(path, service.refuseOthers(route, "POST", toFailure))
  }
  const get = (path: string, work: Work) => {
    const toFailure = (error: unknown) => toApiError(error, "model")
    app.get(path, service.serve("models", toFailure, work))
    app.all(path, service.refuseOthers("models", "GET, HEAD", toFailure))
  }
  const completions =
    (format: CompletionFormat, read: (body: unknown) => CompletionJob): Work =>
    async (context, exchange) => {
      const job = read(await service.body(context))
      exchange.warn(job.warnings)
      const model = modelFor(job.model, settings)
      const facet = await service.open(context, exchange)
      return complete(job, { facet, format, model, guard: settings.guard }, exchange)
    }

  post("/v1/chat/completions", "chat.completions", "messages", completions(chatFormat, readChatRequest))
  post("/v1/completions", "completions", "prompt", completions(textFormat, readCompletionRequest))
  post("/v1/responses", "responses", "input", async (context, exchange) => {
    const job = readResponseRequest(await service.body(context))
    exchange.warn(job.warnings)
    const model = modelFor(job.model, settings)
    const facet = await service.open(context, exchange)
    return respond(job, { facet, model, guard: settings.guard }, exchange)
  })
  post("/v1/embeddings", "embeddings", "input", async (context, exchange) => {
    const job = readEmbeddingRequest(await service.body(context))
    const model = modelFor(job.model, settings)
    const facet = await service.open(context, exchange)
    return exchange.json(await embedAll(job, { facet, model, guard: settings.guard }, exchange))
  })
  const decisions =
    (read: (body: unknown) => DecisionJob): Work =>
    async (context, exchange) => {
      const asked = read(await service.body(context))
      const job = { ...asked, questions: settings.calibrated(asked.questions) }
      const model = modelFor(job.model, settings)
      return decideJob(job, model, await service.open(context, exchange), exchange)
    }
  post("/v1/decisions", "decisions", "input", decisions(readDecisionRequest))
  post("/v1/systemone", "systemone", "state", decisions(readSystemOneRequest))
  post("/v1/moderations", "moderations", "input", async (context, exchange) => {
    const job = readModerationRequest(await service.body(context), settings.maxModerationInputs)
    checkModerationModel(job.model, settings)
    const facet = await service.open(context, exchange)
    return exchange.json(await moderate(job, settings.moderationModel, facet, exchange))
  })
  const created = Math.floor(Date.now() / 1000)
  const modelObject = (id: string) => ({ id, object: "model", created, owned_by: "facet" })
  get("/v1/models", async (_, exchange) => exchange.json({ object: "list", data: settings.models.map(modelObject) }))
  // Ids may have slashes: google/gemma-2-2b-it.
  get("/v1/models/:id{.+}", async (context, exchange) =>
    exchange.json(modelObject(modelFor(context.req.param("id"), settings))),
  )
  return Object.assign(app, { dispose: () => service.dispose() })
}

/** The name that an answer bears; without one, the first. */
function modelFor(wanted: string | undefined, { models }: Settings): string {
  if (wanted === undefined) return models[0]
  if (models.includes(wanted)) return wanted
  throw unknownModel(models)
}

function checkModerationModel(wanted: string | undefined, { moderationModel }: Settings): void {
  const names = [moderationModel, ...moderationAliases]
  if (wanted !== undefined && !names.includes(wanted)) throw unknownModel(names)
}

const unknownModel = (names: ReadonlyArray<string>): ApiError =>
  new ApiError(404, `model: there is no such model here. There are: ${names.join(", ")}.`, {
    param: "model",
    code: "model_not_found",
  })
