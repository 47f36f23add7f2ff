import type {
  JSONObject,
  LanguageModelV4Middleware,
  LanguageModelV4StreamPart,
  SharedV4Warning,
} from "@ai-sdk/provider"
import type { TraceOptions } from "@facet/sdk/words"
import { withoutFacetParts } from "./withoutFacetParts.ts"

/**
 * Has features travel beside the text: as `custom` parts `facet.trace`, which reach the parts of UI messages by
 * themselves. In the next turn the AI SDK puts them into the prompt; there they are taken out again, whatever the model.
 *
 * A model of another provider has no features to tell: the call warns of that. What a call's own
 * `providerOptions.facet.trace` says comes first.
 *
 * @param options which features; default: the strongest of the default site
 * @example
 * const model = wrapLanguageModel({ model: facet(), middleware: traceMiddleware({ topK: 3 }) })
 * const result = streamText({ model, prompt: "Tell me a story about a fox." })
 */
export function traceMiddleware(options: TraceOptions | ReadonlyArray<TraceOptions> = {}): LanguageModelV4Middleware {
  const trace = toTrace(options)
  return {
    specificationVersion: "v4",
    transformParams: async ({ model, params }) => {
      const prompt = withoutFacetParts(params.prompt)
      if (!isFacetModel(model)) return { ...params, prompt }
      const facet = { trace, ...params.providerOptions?.["facet"] }
      return { ...params, prompt, providerOptions: { ...params.providerOptions, facet } }
    },
    wrapGenerate: async ({ doGenerate, model }) => {
      const result = await doGenerate()
      return isFacetModel(model) ? result : { ...result, warnings: [...result.warnings, noTrace(model.provider)] }
    },
    wrapStream: async ({ doStream, model }) => {
      const result = await doStream()
      return isFacetModel(model) ? result : { ...result, stream: withWarning(result.stream, noTrace(model.provider)) }
    },
  }
}

const isFacetModel = ({ provider }: { readonly provider: string }) => provider.startsWith("facet")

/** Options of an interface, as the AI SDK's JSON, which knows no interfaces. */
function toTrace(options: TraceOptions | ReadonlyArray<TraceOptions>): JSONObject | ReadonlyArray<JSONObject> {
  return isList(options) ? options.map((one) => ({ ...one })) : { ...options }
}

const isList = (options: TraceOptions | ReadonlyArray<TraceOptions>): options is ReadonlyArray<TraceOptions> =>
  Array.isArray(options)

const noTrace = (provider: string): SharedV4Warning => ({
  type: "unsupported",
  feature: "traceMiddleware",
  details: `Models of ${provider} tell no features; those of Facet do.`,
})

const withWarning = (
  stream: ReadableStream<LanguageModelV4StreamPart>,
  warning: SharedV4Warning,
): ReadableStream<LanguageModelV4StreamPart> =>
  stream.pipeThrough(
    new TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart>({
      transform: (part, controller) =>
        controller.enqueue(part.type === "stream-start" ? { ...part, warnings: [...part.warnings, warning] } : part),
    }),
  )
