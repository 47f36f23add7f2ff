/** The effects over HTTP, as the hooks of `@facet/react-hooks` ask for them. */
import { type Facet, openOnce, type SharedFacet } from "@facet/sdk"
import {
  calibratedToJson,
  contrastToJson,
  decisionToJson,
  descriptionToJson,
  type EffectName,
  effectFromJson,
  embeddingToJson,
  featureLogitsToJson,
  foundFeaturesToJson,
  lensToJson,
  linesType,
  routes,
  scoreToJson,
  traceToJson,
  verdictToJson,
} from "@facet/sdk/remote"
import { type Content, invalidRequest } from "@facet/sdk/words"
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
 * An app that answers `GET /facet`, and `POST` of `/facet/generate`, `/facet/shield`, `/facet/inspect`, `/facet/inspect/all`,
 * `/facet/lens`, `/facet/features/logits`, `/facet/contrast`, `/facet/decide`,
 * `/facet/calibrate`, `/facet/score`, `/facet/embed`, `/facet/search-features` and `/facet/tokens/*`: what `RemoteFacet` of `@facet/sdk/remote` asks for, so that the hooks of `@facet/react-hooks` work against a server as they do in the page. Every option of the
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

  const refuse = (route: Route, allowed: "GET, HEAD" | "POST") => (context: Context) =>
    Promise.resolve(new Exchange(context, route, settings, toProblem).failure(methodNotAllowed(allowed)))
  const post = (effect: EffectName, work: Work) => {
    app.post(routes[effect], serve(`facet.${effect}`, work))
    app.all(routes[effect], refuse(`facet.${effect}`, "POST"))
  }

  app.get(
    routes.describe,
    serve("facet", async (_, exchange, facet) => {
      const { device, model } = await facet()
      return exchange.json(descriptionToJson({ model: publicModelName(model), device }))
    }),
  )
  app.all(routes.describe, refuse("facet", "GET, HEAD"))
  post("generate", async (body, exchange, facet) => {
    const { cacheSalt, options, subject: prompt } = effectFromJson("generate", body)
    checkInterventions(options, areAllowed)
    const guarded = withGuard(options, settings.guard)
    const parts = (await facet()).stream({ ...guarded, ...exchange.call(cacheSalt), prompt })
    // An answer that cannot begin is told with its own status: after the first byte it is too late for that.
    const first = await parts.next()
    return exchange.stream(partLines(first, parts, exchange), `${linesType}; charset=utf-8`)
  })
  post("shield", async (body, exchange, facet) => {
    const { cacheSalt, options, subject } = effectFromJson("shield", body)
    const verdict = await (await facet()).shield(subject, { ...options, ...exchange.call(cacheSalt) })
    exchange.noteVerdict(isAnswer(subject) ? "output" : "input", verdict)
    return exchange.json(verdictToJson(verdict))
  })
  post("inspect", async (body, exchange, facet) => {
    const { cacheSalt, options, subject } = effectFromJson("inspect", body)
    checkInterventions(options, areAllowed)
    const trace = await (await facet()).inspect(subject, { ...options, ...exchange.call(cacheSalt) })
    return exchange.json(traceToJson(trace))
  })
  post("inspectAll", async (body, exchange, facet) => {
    const { cacheSalt, options, subject } = effectFromJson("inspectAll", body)
    checkInterventions(options, areAllowed)
    const traces = await (await facet()).inspectAll(subject, { ...options, ...exchange.call(cacheSalt) })
    return exchange.json(traces.map(traceToJson))
  })
  post("lens", async (body, exchange, facet) => {
    const { cacheSalt, options, subject } = effectFromJson("lens", body)
    checkInterventions(options, areAllowed)
    return exchange.json(lensToJson(await (await facet()).lens(subject, { ...options, ...exchange.call(cacheSalt) })))
  })
  post("featureLogits", async (body, exchange, facet) => {
    const { cacheSalt, options, subject: features } = effectFromJson("featureLogits", body)
    const asked = { ...options, features, ...exchange.call(cacheSalt) }
    return exchange.json(featureLogitsToJson(await (await facet()).featureLogits(asked)))
  })
  post("contrast", async (body, exchange, facet) => {
    const { cacheSalt, options, subject: pairs } = effectFromJson("contrast", body)
    const vectors = await (await facet()).contrast(pairs, { ...options, ...exchange.call(cacheSalt) })
    return exchange.json(contrastToJson(vectors))
  })
  post("decide", async (body, exchange, facet) => {
    const { cacheSalt, options, subject: state } = effectFromJson("decide", body)
    const { questions, ...others } = options
    const decision = await (await facet()).decide(state, questions, { ...others, ...exchange.call(cacheSalt) })
    const { cached, judged } = decision.tokens
    exchange.note({ usage: { promptTokens: judged + cached, cachedTokens: cached, completionTokens: 0 } })
    return exchange.json(decisionToJson(decision))
  })
  post("calibrate", async (body, exchange, facet) => {
    const { cacheSalt, options, subject: questions } = effectFromJson("calibrate", body)
    const { examples, ...others } = options
    const call = { ...others, ...exchange.call(cacheSalt) }
    return exchange.json(calibratedToJson(await (await facet()).calibrate(questions, examples, call)))
  })
  post("score", async (body, exchange, facet) => {
    const { cacheSalt, options, subject } = effectFromJson("score", body)
    checkInterventions(options, areAllowed)
    return exchange.json(scoreToJson(await (await facet()).score(subject, { ...options, ...exchange.call(cacheSalt) })))
  })
  post("embed", async (body, exchange, facet) => {
    const { cacheSalt, options, subject } = effectFromJson("embed", body)
    const embedding = await (await facet()).embed(subject, { ...options, ...exchange.call(cacheSalt) })
    return exchange.json(embeddingToJson(embedding))
  })
  post("searchFeatures", async (body, exchange, facet) => {
    const { cacheSalt, options, subject: query } = effectFromJson("searchFeatures", body)
    const found = await (await facet()).searchFeatures(query, { ...options, ...exchange.call(cacheSalt) })
    return exchange.json(foundFeaturesToJson(found))
  })
  post("tokens.count", async (body, exchange, facet) => {
    const { cacheSalt, options, subject } = effectFromJson("tokens.count", body)
    const count = await (await facet()).tokens.count(subject, { ...options, ...exchange.call(cacheSalt) })
    return exchange.json({ count })
  })
  post("tokens.encode", async (body, exchange, facet) => {
    const { cacheSalt, options, subject } = effectFromJson("tokens.encode", body)
    const tokens = await (await facet()).tokens.encode(subject, { ...options, ...exchange.call(cacheSalt) })
    return exchange.json({ tokens })
  })
  post("tokens.decode", async (body, exchange, facet) => {
    const { cacheSalt, options, subject } = effectFromJson("tokens.decode", body)
    const text = await (await facet()).tokens.decode(subject, { ...options, ...exchange.call(cacheSalt) })
    return exchange.json({ text })
  })
  post("tokens.render", async (body, exchange, facet) => {
    const { cacheSalt, options, subject } = effectFromJson("tokens.render", body)
    const { text, tokens } = await (await facet()).tokens.render(subject, { ...options, ...exchange.call(cacheSalt) })
    return exchange.json({ tokens, text })
  })
  return Object.assign(app, { dispose: () => shared.dispose() })
}

/** Whether a content is judged for what was answered. */
const isAnswer = (content: Content): boolean =>
  typeof content === "object" && ("response" in content || "text" in content)

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
