/** A guard around a route that somebody else wrote. */
import type { Context, Next } from "hono"
import type { ShieldVariables } from "./ShieldContext.ts"
import type { ShieldAnswer } from "./ShieldProblem.ts"
import { guardsOf } from "./guardsOf.ts"
import { Shielding } from "./Shielding.ts"
import { readShieldOptions, type ShieldRouteOptions } from "./ShieldRouteOptions.ts"

/**
 * A middleware of Hono's. Among the handlers of a route, as in `app.post("/chat", shield(), handler)`, it tells Hono's
 * client what it may answer in the handler's place.
 */
export interface ShieldHandler extends AsyncDisposable {
  (c: Context<{ Variables: ShieldVariables }, string, {}>, next: Next): Promise<(Response & ShieldAnswer) | void>
  /** Closes the Facet that this middleware opened. Requests that come afterwards are answered as when the guard fails. */
  readonly dispose: () => Promise<void>
}

/**
 * Guards a route: what people send is judged before the handler sees it, and what the handler answers before anybody
 * else does. A request or an answer that violates a policy gets a problem document with status 422, an answer that is
 * already under way the ending of its own format.
 *
 * Requests: the AI SDK's UI messages, OpenAI's chat, completions and Responses, `{ prompt }` and any other JSON, forms,
 * text. Answers: JSON, event streams of OpenAI, of the AI SDK and of anybody else, JSON lines, text.
 *
 * @throws InvalidRequestError for an option that does not exist or makes no sense
 * @example
 * const app = new Hono<{ Variables: ShieldVariables }>()
 * app.use("/api/chat", shield())
 * app.post("/api/chat", (c) => answer(c, { abortSignal: c.var.shield.signal }))
 */
export function shield(options: ShieldRouteOptions = {}): ShieldHandler {
  const plan = readShieldOptions(options)
  const guards = guardsOf(options)
  const middleware = async function shield(c: Context<{ Variables: ShieldVariables }, string, {}>, next: Next) {
    // What tells a response's body by its type exists in types alone: that of the problems is tested, and `onBlocked`
    // answers by an agreement between an app and its clients.
    return (await new Shielding(c, { options, plan, guards }).run(next)) as (Response & ShieldAnswer) | void
  }
  return Object.assign(middleware, { dispose: guards.dispose, [Symbol.asyncDispose]: guards.dispose })
}
