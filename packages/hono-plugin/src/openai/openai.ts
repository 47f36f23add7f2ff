/** Gemma 2 and ShieldGemma behind OpenAI's API. */
import { openOnce } from "@facet/sdk"
import { type Context, Hono } from "hono"
import { ApiError, modelUnavailable, toApiError } from "./ApiError.ts"
import { makeAuthorise } from "./makeAuthorise.ts"
import { readChatRequest } from "./readChatRequest.ts"
import type { CompletionJob } from "./CompletionJob.ts"
import { readCompletionRequest } from "./readCompletionRequest.ts"
import { decideJob } from "./decideJob.ts"
import type { DecisionJob } from "./DecisionJob.ts"
import { readDecisionRequest } from "./readDecisionRequest.ts"
import { readSystemOneRequest } from "./readSystemOneRequest.ts"
import { complete } from "./complete.ts"
import { chatFormat, type CompletionFormat, textFormat } from "./CompletionFormat.ts"
import { ClientPlaces } from "../ClientPlaces.ts"
import { Exchange, type Route } from "../Exchange.ts"
import { openedFor } from "../openedFor.ts"
import { moderate, readModerationRequest } from "./Moderations.ts"
import { type OpenAIOptions, readOptions, type Settings } from "./OpenAIOptions.ts"
import { readJsonBody } from "../readJsonBody.ts"

export type { OpenAIOptions } from "./OpenAIOptions.ts"

export interface OpenAIApp extends Hono {
  /** Closes the models, unless they came as an open Facet. Requests under way end with an error. */
  dispose(): Promise<void>
}

/** Names of OpenAI's that clients send unasked; the answer says which model it really was. */
const moderationAliases = ["omni-moderation-latest", "text-moderation-latest"]

/**
 * An app that answers `/v1/chat/completions`, `/v1/completions`, `/v1/decisions`, `/v1/models` and `/v1/moderations` as
 * OpenAI's API does, and `/v1/systemone` as vLLM's.
 * What of that API it cannot do it refuses by name; nothing is ignored in silence.
 *
 * @throws InvalidRequestError for an option that is unknown or wrong.
 * @example
 * const app = new Hono()
 * app.route("/", openai({ apiKey: process.env.FACET_API_KEY }))
 */
export function openai(options: OpenAIOptions = {}): OpenAIApp {
  const settings = readOptions(options)
  const shared = openOnce(settings.facet)
  const places = new ClientPlaces(settings)
  const open = async (context: Context, exchange: Exchange) => {
    const facet = await openedFor(exchange.signal, shared, modelUnavailable)
    places.take(facet, context, exchange)
    return facet
  }
  const app = new Hono()
  // No wildcards and no error handler: where it is mounted, other routes may begin with /v1 too.
  const serve = makeServe(settings)
  const completions = (route: Route, format: CompletionFormat, read: (body: unknown) => CompletionJob) =>
    serve(route, format.content, async (context, exchange) => {
      const job = read(await readJsonBody(context.req.raw, settings.maxBodyBytes))
      const model = modelFor(job.model, settings)
      const facet = await open(context, exchange)
      return complete(job, { facet, format, model, guard: settings.guard }, exchange)
    })

  const decisions = (route: Route, content: string, read: (body: unknown) => DecisionJob) =>
    serve(route, content, async (context, exchange) => {
      const job = read(await readJsonBody(context.req.raw, settings.maxBodyBytes))
      const model = modelFor(job.model, settings)
      return decideJob(job, model, await open(context, exchange), exchange)
    })

  app.post("/v1/chat/completions", completions("chat.completions", chatFormat, readChatRequest))
  app.post("/v1/completions", completions("completions", textFormat, readCompletionRequest))
  app.post("/v1/decisions", decisions("decisions", "input", readDecisionRequest))
  app.post("/v1/systemone", decisions("systemone", "state", readSystemOneRequest))
  app.post(
    "/v1/moderations",
    serve("moderations", "input", async (context, exchange) => {
      const body = await readJsonBody(context.req.raw, settings.maxBodyBytes)
      const job = readModerationRequest(body, settings.maxModerationInputs)
      checkModerationModel(job.model, settings)
      const facet = await open(context, exchange)
      return exchange.json(await moderate(job, settings.moderationModel, facet, exchange))
    }),
  )
  const created = Math.floor(Date.now() / 1000)
  const modelObject = (id: string) => ({ id, object: "model", created, owned_by: "facet" })
  app.get(
    "/v1/models",
    serve("models", "model", async (_, exchange) =>
      exchange.json({ object: "list", data: settings.models.map(modelObject) }),
    ),
  )
  app.get(
    // Ids may have slashes: google/gemma-2-2b-it.
    "/v1/models/:id{.+}",
    serve("models", "model", async (context, exchange) =>
      exchange.json(modelObject(modelFor(context.req.param("id"), settings))),
    ),
  )
  return Object.assign(app, { dispose: () => shared.dispose() })
}

type Work = (context: Context, exchange: Exchange) => Promise<Response>

/** Wraps the work of a route in what all routes share: ids, keys, and how failures are told. */
function makeServe(
  settings: Settings,
): (route: Route, content: string, work: Work) => (context: Context) => Promise<Response> {
  const authorise = makeAuthorise(settings.keys)
  return (route, content, work) => async (context) => {
    const exchange = new Exchange(context, route, settings, (error) => toApiError(error, content))
    try {
      exchange.key = await authorise(context.req.header("authorization"))
      return await work(context, exchange)
    } catch (error) {
      return exchange.failure(error)
    }
  }
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
