import { createServer } from "node:http"
import { expect, test } from "vitest"
import { openTelemetry } from "../../src/serve/Telemetry.ts"
import { UsageError } from "../../src/UsageError.ts"
import { facetServe } from "../facet.ts"

interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: object }>
}

/** What an OpenTelemetry collector would be sent. */
async function collector() {
  const spans: Array<Span> = []
  const services: Array<unknown> = []
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (data) => (body += String(data)))
    request.on("end", () => {
      for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
        services.push(...resource.attributes.filter(({ key }: { readonly key: string }) => key === "service.name"))
        for (const scope of scopeSpans) spans.push(...scope.spans)
      }
      response.end("{}")
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return { spans, services, url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() }
}

test("spans of a request and of its effect arrive under the caller's, when the standard variable asks for them", async () => {
  using collected = await collector()
  const { spans } = collected
  const server = await facetServe(["--workers", "1", "--guard"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: collected.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=gemma",
  })
  const [traceId, caller] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"]
  const answer = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", traceparent: `00-${traceId}-${caller}-01` },
    body: JSON.stringify({ messages: [{ role: "user", content: "A secret fox." }], max_tokens: 2 }),
  })
  expect(answer.status).toBe(200)
  await fetch(`${server.url}/readyz`)
  server.kill("SIGTERM")
  // What has not been sent is sent at the end.
  expect(await server.ended).toStrictEqual({ code: 0, signal: null })
  const names = spans.map(({ name }) => name)
  expect(new Set(names)).toEqual(
    // The shield is what a server asks its guard when it opens.
    new Set([
      "POST /v1/chat/completions",
      "facet.generate",
      "facet.judge",
      "facet.prefill",
      "facet.decode",
      "facet.shield",
    ]),
  )
  const [request, effect] = ["POST /v1/chat/completions", "facet.generate"].map((name) =>
    spans.find((span) => span.name === name),
  )
  expect(request).toMatchObject({ traceId, parentSpanId: caller })
  expect(effect).toMatchObject({ traceId, parentSpanId: request?.spanId })
  for (const name of ["facet.prefill", "facet.decode"]) {
    expect(spans.find((span) => span.name === name)).toMatchObject({ traceId, parentSpanId: request?.spanId })
  }
  expect(spans.some((span) => span.name === "facet.judge" && span.parentSpanId === effect?.spanId)).toBe(true)
  const told = Object.fromEntries(request?.attributes.map(({ key, value }) => [key, Object.values(value)[0]]) ?? [])
  expect(told).toMatchObject({ "http.route": "/v1/chat/completions", "facet.outcome": "done" })
  expect(Number(told["gen_ai.usage.output_tokens"])).toBe(2)
  expect(JSON.stringify(collected.services[0])).toContain("gemma")
  expect(JSON.stringify(spans)).not.toContain("fox")
}, 30_000)

test("nothing is loaded unless a variable asks; one that cannot be honoured is refused", async () => {
  const url = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" }
  const silent = [
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: "" },
    { ...url, OTEL_SDK_DISABLED: "true" },
    { ...url, OTEL_TRACES_EXPORTER: "none" },
  ]
  for (const env of silent) expect(await openTelemetry(env)).toBeUndefined()
  for (const env of [{ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost" }, { ...url, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }]) {
    await expect(openTelemetry(env)).rejects.toThrow(UsageError)
  }
})
