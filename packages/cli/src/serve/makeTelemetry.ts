import type { RequestReport } from "@facet/hono-plugin"
import { traceContextOf } from "@facet/sdk/words"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { IncomingMessage, ServerResponse } from "node:http"
import { pathOf } from "./ServerMetrics.ts"
import type { Protocol, Telemetry } from "./Telemetry.ts"

const serializations = { "http/json": OtlpSerialization.layerJson, "http/protobuf": OtlpSerialization.layerProtobuf }

/** Spans by Effect's own exporter, which reads the rest of the standard variables: headers, compression, delays. */
export async function makeTelemetry(env: NodeJS.ProcessEnv, protocol: Protocol): Promise<Telemetry> {
  // What is unset stands for the standard's defaults, of which Effect has another for the exporter.
  const variables = { ...named(env), ...env, OTEL_TRACES_EXPORTER: "otlp" }
  const exporting = OtlpTracer.layerFromConfig().pipe(
    Layer.provide(serializations[protocol]),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(variables))),
  )
  const runtime = ManagedRuntime.make(exporting)
  const tracer = await runtime.runPromise(Effect.service(Tracer.Tracer))
  const spans = new RequestSpans(tracer)
  return {
    tracer,
    follow: (request, response) => spans.follow(request, response),
    report: (report) => spans.report(report),
    // Sends what has not been sent.
    [Symbol.asyncDispose]: () => runtime.dispose(),
  }
}

/** What the service is called where nobody has named it. */
const named = (env: NodeJS.ProcessEnv) =>
  env["OTEL_RESOURCE_ATTRIBUTES"]?.includes("service.name=") === true ? {} : { OTEL_SERVICE_NAME: "facet" }

/** Spans of requests that are under way. Names are OpenTelemetry's, of HTTP servers and of generative AI. */
class RequestSpans {
  readonly #tracer: Tracer.Tracer
  readonly #open = new Map<string, Tracer.Span>()

  constructor(tracer: Tracer.Tracer) {
    this.#tracer = tracer
  }

  follow(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request.url ?? "")
    // Probes and scrapes come every few seconds, and tell nobody anything.
    if (!/^\/(v1|api|facet)\b/.test(path)) return
    const { method = "GET" } = request
    const span = this.#begin(`${method} ${path}`, request)
    span.attribute("http.request.method", method)
    span.attribute("http.route", path)
    this.#open.set(span.spanId, span)
    response.once("close", () => {
      this.#open.delete(span.spanId)
      span.attribute("http.response.status_code", response.statusCode)
      span.end(now(), response.statusCode < 500 ? Exit.void : Exit.fail(new Error(String(response.statusCode))))
    })
  }

  report({ finishReason, firstTextMs, flagged, id, outcome, timings, traceparent, usage }: RequestReport): void {
    const span = this.#open.get(traceContextOf(traceparent)?.spanId ?? "")
    if (span === undefined) return
    span.attribute("facet.request.id", id)
    span.attribute("facet.outcome", outcome)
    if (flagged !== undefined) span.attribute("facet.flagged", flagged)
    if (firstTextMs !== undefined) span.attribute("facet.first_text_ms", firstTextMs)
    if (finishReason !== undefined) span.attribute("gen_ai.response.finish_reasons", [finishReason])
    if (timings !== undefined) this.#writing(span, timings)
    if (usage === undefined) return
    span.attribute("gen_ai.usage.input_tokens", usage.promptTokens)
    span.attribute("gen_ai.usage.cache_read.input_tokens", usage.cachedTokens)
    span.attribute("gen_ai.usage.output_tokens", usage.completionTokens)
  }

  /** What the engine did, reckoned back from its end: it tells of it once it is done. */
  #writing(parent: Tracer.Span, { firstTokenMs, totalMs }: NonNullable<RequestReport["timings"]>): void {
    const end = now()
    const at = (ms: number): bigint => end - BigInt(Math.round((totalMs - ms) * 1e6))
    // Of a generation that was blocked nobody knows when its tokens came.
    if (firstTokenMs <= 0 || firstTokenMs > totalMs) return
    for (const [name, from, to] of [
      ["facet.prefill", at(0), at(firstTokenMs)],
      ["facet.decode", at(firstTokenMs), end],
    ] as const) {
      const span = this.#tracer.span({
        name,
        parent: Option.some(parent),
        annotations: Context.empty(),
        links: [],
        startTime: from,
        kind: "internal",
        root: false,
        sampled: parent.sampled,
      })
      span.end(to, Exit.void)
    }
  }

  /** Begins a span under the caller's, and has the routes find it as theirs. */
  #begin(name: string, request: IncomingMessage): Tracer.Span {
    const parent = traceContextOf(request.headers["traceparent"])
    const sampled = parent?.sampled ?? true
    const span = this.#tracer.span({
      name,
      parent: parent === undefined ? Option.none() : Option.some(Tracer.externalSpan(parent)),
      annotations: Context.empty(),
      links: [],
      startTime: now(),
      kind: "server",
      root: parent === undefined,
      sampled,
    })
    setHeader(request, "traceparent", `00-${span.traceId}-${span.spanId}-${sampled ? "01" : "00"}`)
    return span
  }
}

/** Nanoseconds since 1970. */
const now = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))

/** Node's server is read by its raw headers, too. */
function setHeader({ headers, rawHeaders }: IncomingMessage, name: string, value: string): void {
  headers[name] = value
  const at = rawHeaders.findIndex((header, i) => i % 2 === 0 && header.toLowerCase() === name)
  if (at < 0) rawHeaders.push(name, value)
  else rawHeaders[at + 1] = value
}
