/** How much of one engine's queue one client may hold. */
import type { Facet } from "@facet/sdk"
import { isRecord } from "@facet/sdk/words"
import type { Context } from "hono"
import { ApiError } from "./openai/ApiError.ts"
import { bearerOf } from "./openai/makeAuthorise.ts"
import type { Exchange } from "./Exchange.ts"
import type { ServerSettings } from "./ServerOptions.ts"

/** Requests under way, by client. Of the Facet, not of an app: two that share an engine share its queue, too. */
const underWay = new WeakMap<Facet, Map<string, number>>()

export class ClientPlaces {
  readonly #settings: Pick<ServerSettings, "clientOf" | "keys" | "maxPerClient">

  constructor(settings: Pick<ServerSettings, "clientOf" | "keys" | "maxPerClient">) {
    this.#settings = settings
  }

  /**
   * Takes a place until the exchange is over, and tells it whose it is, and how to take more.
   *
   * @throws ApiError 429 where the client holds as many as it may.
   */
  take(facet: Facet, context: Context, exchange: Pick<Exchange, "client" | "takeAnother" | "whenOver">): void {
    const client = this.#clientOf(context)
    exchange.client = client
    exchange.takeAnother = () => this.#place(facet, client)
    const release = this.#place(facet, client)
    if (release === undefined) throw tooMany(this.#settings.maxPerClient)
    exchange.whenOver(release)
  }

  /** Takes one place, and gives what gives it back; undefined where the client holds as many as it may. */
  #place(facet: Facet, client: string | undefined): (() => void) | undefined {
    // Whom nobody can tell from others is limited with all others, by the queue itself.
    if (client === undefined) return () => {}
    const clients = underWay.get(facet) ?? new Map<string, number>()
    underWay.set(facet, clients)
    const held = clients.get(client) ?? 0
    if (held >= this.#settings.maxPerClient) return undefined
    clients.set(client, held + 1)
    return () => {
      const left = (clients.get(client) ?? 1) - 1
      if (left > 0) clients.set(client, left)
      else clients.delete(client)
    }
  }

  /** A key that was checked, and without keys the address: a header that nobody checks can be another each time. */
  #clientOf(context: Context): string | undefined {
    const { clientOf, keys } = this.#settings
    if (clientOf !== undefined) return clientOf(context)
    return keys.length > 0 ? bearerOf(context.req.header("authorization")) : addressOf(context.env)
  }
}

/** As `@hono/node-server` tells it, and `undefined` on other runtimes. */
function addressOf(env: unknown): string | undefined {
  const incoming = isRecord(env) ? env["incoming"] : undefined
  const socket = isRecord(incoming) ? incoming["socket"] : undefined
  const address = isRecord(socket) ? socket["remoteAddress"] : undefined
  return typeof address === "string" ? address : undefined
}

const tooMany = (most: number): ApiError =>
  new ApiError(429, `You have ${most} requests under way, which is the most for one client. Wait for one to end.`, {
    code: "too_many_requests",
    headers: { "Retry-After": "1" },
  })
