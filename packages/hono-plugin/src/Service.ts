/** What the routes of a server share: its Facet, keys, places in the queue, and how failures are told. */
import { type Facet, openOnce, type SharedFacet } from "@facet/sdk"
import type { Context } from "hono"
import { ClientPlaces } from "./ClientPlaces.ts"
import { Exchange, type Route, type ToFailure } from "./Exchange.ts"
import { methodNotAllowed, modelUnavailable } from "./openai/ApiError.ts"
import { makeAuthorise } from "./openai/makeAuthorise.ts"
import { openedFor } from "./openedFor.ts"
import { readJsonBody } from "./readJsonBody.ts"
import type { ServerSettings } from "./ServerOptions.ts"

/** What a route does with a request. */
export type Work = (context: Context, exchange: Exchange) => Promise<Response>

export class Service {
  readonly #settings: ServerSettings
  readonly #shared: SharedFacet
  readonly #places: ClientPlaces
  readonly #authorise: ReturnType<typeof makeAuthorise>

  constructor(settings: ServerSettings) {
    this.#settings = settings
    this.#shared = openOnce(settings.facet)
    this.#places = new ClientPlaces(settings)
    this.#authorise = makeAuthorise(settings.keys)
  }

  /** Wraps the work of a route: ids, keys, and how failures are told. */
  serve(route: Route, toFailure: ToFailure, work: Work): (context: Context) => Promise<Response> {
    return async (context) => {
      const exchange = new Exchange(context, route, this.#settings, toFailure)
      try {
        exchange.key = await this.#authorise(context.req.header("authorization"))
        return await work(context, exchange)
      } catch (error) {
        return exchange.failure(error)
      }
    }
  }

  /** Answers the methods that a path has not. */
  refuseOthers(route: Route, allowed: "GET, HEAD" | "POST", toFailure: ToFailure) {
    return this.serve(route, toFailure, async () => {
      throw methodNotAllowed(allowed)
    })
  }

  /** The Facet, with a place in its queue that the exchange holds to its end. */
  async open(context: Context, exchange: Exchange): Promise<Facet> {
    const facet = await this.opened(exchange)
    this.#places.take(facet, context, exchange)
    return facet
  }

  /** The Facet, for what takes no place in its queue. */
  opened(exchange: Exchange): Promise<Facet> {
    return openedFor(exchange.signal, this.#shared, modelUnavailable)
  }

  body(context: Context): Promise<unknown> {
    return readJsonBody(context.req.raw, this.#settings.maxBodyBytes)
  }

  dispose(): Promise<void> {
    return this.#shared.dispose()
  }
}
