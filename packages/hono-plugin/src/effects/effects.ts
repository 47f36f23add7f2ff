/** The effects over HTTP, as the hooks of `@facet/react-hooks` ask for them. */
import { type Facet, openOnce, type SharedFacet } from "@facet/sdk"
import {
  decisionToJson,
  descriptionToJson,
  effectFromJson,
  linesType,
  routes,
  traceToJson,
  verdictToJson,
} from "@facet/sdk/remote"
import { invalidRequest } from "@facet/sdk/words"
import { type Context, Hono } from "hono"
import { ClientPlaces } from "../ClientPlaces.ts"
import { Exchange, type Route } from "../Exchange.ts"
import { methodNotAllowed } from "../openai/ApiError.ts"
import { openedFor } from "../openedFor.ts"
import { makeAuthorise } from "../openai/makeAuthorise.ts"
import { readJsonBody } from "../readJsonBody.ts"
import {
  publicModelName,
  readServerOptions,
  serverOptionNames,
  type ServerOptions,
  type ServerSettings,
} from "../ServerOptions.ts"
import { checkInterventions } from "./checkInterventions.ts"
import { OpeningError } from "./OpeningError.ts"
import { partLines } from "./partLines.ts"
import { toProblem } from "./toProblem.ts"
import { withGuard } from "./withGuard.ts"

/**
 * The options of `effects()`. `guard` judges every generation, whatever a client asks: it may leave its own guard out, or
 * send `guard: true`, and cannot switch this one off.
 */
export interface EffectsOptions extends ServerOptions {
  /**
   * Whether clients may send `interventions`, which change the model's inside. Default `false`: the first one at each site has
   * the model's session opened again, for which all others wait.
   */
  readonly interventions?: boolean | undefined
}

export interface EffectsApp extends Hono {
  /** Closes the models, unless they came as an open Facet. Requests under way end with a `ClosedError`. */
  dispose(): Promise<void>
}

/**
 * An app that answers `GET /facet`, `POST /facet/generate`, `/facet/shield`, `/facet/inspect` and `/facet/decide`: what `RemoteFacet` of
 * `@facet/sdk/remote` asks for, so that the hooks of `@facet/react-hooks` work against a server as they do in the page. Every option of the
 * effects can be sent, `interventions` where the server allows them; Facet itself checks them.
 *
 * `generate` answers with one `GenerationPart` a line (NDJSON), the others with JSON, failures are problem documents
 * that carry the typed error. Other origins need Hono's own `cors()` ahead of it.
 *
 * @throws InvalidRequestError for an option that is unknown or wrong.
 * @example
 * const app = new Hono()
 * app.route("/", effects({ facet }))
 */
export function effects(options: EffectsOptions = {}): EffectsApp {
  const settings = readServerOptions(options, [...serverOptionNames, "interventions"])
  const areAllowed = readInterventions(options.interventions)
  const shared = openOnce(settings.facet)
  const app = new Hono()
  const serve = makeServe(settings, shared)

  app.get(
    routes.describe,
    serve("facet", async (_, exchange, facet) => {
      const { device, model } = await facet()
      return exchange.json(descriptionToJson({ model: publicModelName(model), device }))
    }),
  )
  app.post(
    routes.generate,
    serve("facet.generate", async (body, exchange, facet) => {
      const { cacheSalt, options, subject: prompt } = effectFromJson("generate", body)
      checkInterventions(options, areAllowed)
      const guarded = withGuard(options, settings.guard)
      const parts = (await facet()).stream({ ...guarded, ...exchange.call(cacheSalt), prompt })
      // An answer that cannot begin is told with its own status: after the first byte it is too late for that.
      const first = await parts.next()
      return exchange.stream(partLines(first, parts, exchange), `${linesType}; charset=utf-8`)
    }),
  )
  app.post(
    routes.shield,
    serve("facet.shield", async (body, exchange, facet) => {
      const { cacheSalt, options, subject } = effectFromJson("shield", body)
      const verdict = await (await facet()).shield(subject, { ...options, ...exchange.call(cacheSalt) })
      exchange.note({ flagged: verdict.flagged ? 1 : 0 })
      return exchange.json(verdictToJson(verdict))
    }),
  )
  app.post(
    routes.inspect,
    serve("facet.inspect", async (body, exchange, facet) => {
      const { options, subject } = effectFromJson("inspect", body)
      checkInterventions(options, areAllowed)
      const trace = await (await facet()).inspect(subject, { ...options, ...exchange.call() })
      return exchange.json(traceToJson(trace))
    }),
  )
  app.post(
    routes.decide,
    serve("facet.decide", async (body, exchange, facet) => {
      const { cacheSalt, options, subject: state } = effectFromJson("decide", body)
      const { questions, ...others } = options
      const decision = await (await facet()).decide(state, questions, { ...others, ...exchange.call(cacheSalt) })
      const { cached, judged } = decision.tokens
      exchange.note({ usage: { promptTokens: judged + cached, cachedTokens: cached, completionTokens: 0 } })
      return exchange.json(decisionToJson(decision))
    }),
  )

  const refuse = (route: Route, allowed: "GET, HEAD" | "POST") => (context: Context) =>
    Promise.resolve(new Exchange(context, route, settings, toProblem).failure(methodNotAllowed(allowed)))
  app.all(routes.describe, refuse("facet", "GET, HEAD"))
  app.all(routes.generate, refuse("facet.generate", "POST"))
  app.all(routes.shield, refuse("facet.shield", "POST"))
  app.all(routes.inspect, refuse("facet.inspect", "POST"))
  app.all(routes.decide, refuse("facet.decide", "POST"))
  return Object.assign(app, { dispose: () => shared.dispose() })
}

function readInterventions(value: unknown): boolean {
  if (value === undefined || typeof value === "boolean") return value === true
  throw invalidRequest("interventions", "it is neither true nor false", "Use true or false.")
}

type Work = (body: unknown, exchange: Exchange, facet: () => Promise<Facet>) => Promise<Response>

/** Wraps the work of a route in what all routes share: keys, the body, opening, and how failures are told. */
function makeServe(
  settings: ServerSettings,
  shared: SharedFacet,
): (route: Route, work: Work) => (context: Context) => Promise<Response> {
  const authorise = makeAuthorise(settings.keys)
  const places = new ClientPlaces(settings)
  const open = async (context: Context, exchange: Exchange) => {
    const facet = await openedFor(exchange.signal, shared, (cause) => new OpeningError(cause))
    // To be told of the model takes no place in the queue.
    if (context.req.method === "POST") places.take(facet, context, exchange)
    return facet
  }
  return (route, work) => async (context) => {
    const exchange = new Exchange(context, route, settings, toProblem)
    try {
      exchange.key = await authorise(context.req.header("authorization"))
      const body =
        context.req.method === "POST" ? await readJsonBody(context.req.raw, settings.maxBodyBytes) : undefined
      return await work(body, exchange, () => open(context, exchange))
    } catch (error) {
      return exchange.failure(error)
    }
  }
}
