import type { LanguageModelV4Middleware } from "@ai-sdk/provider"
import type { ShieldMiddlewareOptions } from "./ShieldMiddlewareOptions.ts"
import { ModelShield } from "./ModelShield.ts"
import { withoutFacetParts } from "./withoutFacetParts.ts"

/** A middleware of the AI SDK, which may hold a guard that it opened. */
export interface ShieldMiddleware extends LanguageModelV4Middleware, AsyncDisposable {
  /** Closes the guard, if it was opened here. Calls that are under way end with an error. */
  readonly dispose: () => Promise<void>
}

/**
 * Guards any language model: what it is asked is judged first, and its text, reasoning, tool inputs
 * and whatever else it says in words before they go out. Nothing that was blocked, or not judged, is in the answer; the
 * finish reason is then `content-filter`. Verdicts are `custom` parts `facet.verdict`, and are told in
 * `providerMetadata.facet` ({@link FacetShieldMetadata}).
 *
 * A guard that cannot be opened is an error of the call. A judgement that fails or takes too long blocks, unless `onError`
 * is `"allow"`.
 *
 * @throws InvalidArgumentError for an option that is wrong or does not exist
 * @example
 * const model = wrapLanguageModel({ model: facet(), middleware: shieldMiddleware({ mode: "window" }) })
 * const { finishReason, text } = await generateText({ model, prompt: "How do I bake bread?" })
 */
export function shieldMiddleware(options: ShieldMiddlewareOptions = {}): ShieldMiddleware {
  const shield = new ModelShield(options)
  const dispose = () => shield.dispose()
  return {
    specificationVersion: "v4",
    transformParams: async ({ params }) => ({ ...params, prompt: withoutFacetParts(params.prompt) }),
    wrapGenerate: ({ model, params }) => shield.generate(model, params),
    wrapStream: ({ model, params }) => shield.stream(model, params),
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}
