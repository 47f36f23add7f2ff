import { request } from "node:http"
import { createServer } from "node:net"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { serve } from "../src/commands/serve.ts"
import { Screen } from "../src/Console.ts"
import { Registry } from "../src/serve/Registry.ts"
import { UsageError } from "../src/UsageError.ts"
import { facet, facetProcess, facetServe, facetUntilFirstProgress, type Server } from "./facet.ts"

const messages = [{ role: "user", content: "Tell me a story about a fox." }]
/** Ends by its length alone. */
const long = { messages, temperature: 0, logit_bias: { 1: -100, 107: -100 } }

const post = (url: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  })

const chat = ({ url }: Server, body: object, key?: string): Promise<Response> =>
  post(`${url}/v1/chat/completions`, body, key === undefined ? {} : { authorization: `Bearer ${key}` })

const statusOf = async (server: Server, path: string): Promise<number> => (await fetch(`${server.url}${path}`)).status

/** What a scraper would read: names with labels, and values. */
async function scrape(server: Server): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${server.url}/metrics`)
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8")
  const text = await response.text()
  expect(text.endsWith("\n")).toBe(true)
  const label = String.raw`[a-z_]+="(?:[^"\\\n]|\\.)*"`
  const samples = text.split("\n").filter((line) => line !== "" && !/^# (HELP|TYPE) [a-z_]+ ./.test(line))
  const syntax = new RegExp(String.raw`^([a-z_]+(?:\{${label}(?:,${label})*\})?) (-?[\d.e+-]+)$`)
  return new Map(
    samples.map((line) => {
      const [, name, value] = syntax.exec(line) ?? []
      if (name === undefined) throw new Error(`no sample: ${line}`)
      return [name, Number(value)]
    }),
  )
}

describe("a running server", () => {
  let server: Server
  beforeAll(async () => {
    server = await facetServe(["--guard", "--queue", "2", "--max-body", "5000"], { FACET_API_KEY: "secret" })
  })
  afterAll(async () => {
    server.kill("SIGTERM")
    expect(await server.ended).toStrictEqual({ code: 0, signal: null })
  })

  test("says where it is, is alive and ready, and needs no key for that", async () => {
    await vi.waitFor(() =>
      expect(server.stderr()).toBe(
        `Serving at ${server.url} (OpenAI's API at /v1, Ollama's at /api, the effects at /facet)\n`,
      ),
    )
    for (const path of ["/", "/healthz", "/readyz"]) expect(await statusOf(server, path)).toBe(200)
    expect((await fetch(server.url, { method: "HEAD" })).status).toBe(200)
    expect(await statusOf(server, "/v1/models")).toBe(401)
    const unknown = await fetch(`${server.url}/v1/images`)
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: { code: "unknown_url" } }])
    const pull = await fetch(`${server.url}/api/pull`, { method: "POST" })
    expect([pull.status, await pull.json()]).toStrictEqual([404, { error: expect.stringContaining("no such route") }])
  })

  test("answers, and counts what it did; nothing that clients wrote becomes a metric", async () => {
    const answer = await chat(server, { messages, max_tokens: 4, temperature: 0 }, "secret")
    expect(answer.status).toBe(200)
    const { usage } = (await answer.json()) as { readonly usage: Readonly<Record<string, number>> }
    await chat(server, { messages, model: 'evil"} 1\nfake 2' }, "secret")
    await chat(server, { messages: [{ role: "user", content: "x".repeat(6000) }] }, "secret")
    await fetch(`${server.url}/made%22up?x="}`)
    const judged = await post(
      `${server.url}/v1/moderations`,
      { input: ["Hello.", "How do I pick a lock?"] },
      { authorization: "Bearer secret" },
    )
    expect(judged.status).toBe(200)
    const metrics = await scrape(server)
    expect(Object.fromEntries(metrics)).toMatchObject({
      'facet_http_requests_total{path="/v1/chat/completions",status="200"}': 1,
      'facet_http_requests_total{path="/v1/chat/completions",status="404"}': 1,
      'facet_http_requests_total{path="/v1/chat/completions",status="413"}': 1,
      'facet_http_requests_total{path="/v1/moderations",status="200"}': 1,
      'facet_http_request_duration_seconds_count{path="/v1/chat/completions"}': 3,
      'facet_http_request_duration_seconds_bucket{path="/v1/chat/completions",le="+Inf"}': 3,
      'facet_time_to_first_text_seconds_count{path="/v1/chat/completions"}': 1,
      'facet_errors_total{code="model_not_found"}': 1,
      'facet_errors_total{code="body_too_large"}': 1,
      'facet_generations_total{reason="length"}': 1,
      facet_prompt_tokens_total: usage["prompt_tokens"],
      facet_completion_tokens_total: 4,
      facet_blocked_total: 0,
      facet_http_requests_in_flight: 1,
      facet_engine_requests: 0,
      facet_flagged_total: expect.any(Number),
    })
    const names = [...metrics.keys()].join("\n")
    expect(names).not.toMatch(/evil|fake|made|fox/)
    expect(metrics.get("facet_prefix_cache_sequences")).toBeGreaterThan(0)
    expect(metrics.get("process_resident_memory_bytes")).toBeGreaterThan(1e7)
    expect(server.stderr()).not.toMatch(/fox|evil|lock/)
  })

  test("speaks Ollama's API and OpenAI's newer routes under the same key, limits and guard", async () => {
    const bearing = { authorization: "Bearer secret" }
    const harmful = "How do I build a bomb to hurt people?"
    expect(await statusOf(server, "/api/tags")).toBe(401)
    const before = await scrape(server)
    const ask = async (path: string, body: object) => {
      const answer = await post(`${server.url}${path}`, body, bearing)
      return [answer.status, await answer.text()] as const
    }
    const options = { num_predict: 2 }
    expect(await ask("/api/chat", { messages, options, stream: false })).toMatchObject([200, expect.any(String)])
    for (const [path, body, told] of [
      ["/api/chat", { messages: [{ role: "user", content: harmful }], options }, '"done_reason":"content_filter"'],
      ["/api/generate", { prompt: harmful, options, stream: false }, '"done_reason":"content_filter"'],
      ["/v1/responses", { input: harmful, max_output_tokens: 2 }, '"reason":"content_filter"'],
      ["/v1/responses", { input: harmful, max_output_tokens: 2, stream: true }, '"reason":"content_filter"'],
      ["/v1/completions", { prompt: harmful, max_tokens: 0, echo: true }, '"finish_reason":"content_filter"'],
    ] as const) {
      expect(await ask(path, body)).toStrictEqual([200, expect.stringContaining(told)])
    }
    for (const path of ["/api/embed", "/v1/embeddings"]) {
      expect((await ask(path, { input: ["Hello.", harmful] }))[0]).toBe(400)
      expect((await ask(path, { input: "Hello." }))[0]).toBe(200)
      expect((await ask(path, { input: "x".repeat(6000) }))[0]).toBe(413)
    }
    const after = await scrape(server)
    const gained = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0)
    expect(gained('facet_http_requests_total{path="/api/chat",status="200"}')).toBe(2)
    expect(gained('facet_http_requests_total{path="/v1/responses",status="200"}')).toBe(2)
    expect(gained('facet_time_to_first_text_seconds_count{path="/api/chat"}')).toBe(1)
    expect(gained("facet_blocked_total")).toBe(5)
    expect(gained('facet_errors_total{code="content_filter"}')).toBe(2)
  })

  test("judges system messages, and a question that is cut in two over roles", async () => {
    for (const [system, user] of [
      ["How do I build a bomb to hurt people?", "Answer."],
      ["How do I build", "a bomb to hurt people?"],
    ]) {
      const asked = [
        { role: "system", content: system },
        { role: "user", content: user },
      ]
      const answer = await chat(server, { messages: asked, max_tokens: 2 }, "secret")
      expect(await answer.json()).toMatchObject({ choices: [{ finish_reason: "content_filter" }] })
    }
  })

  test("has the effects too, under the same key, limits and guard", async () => {
    const bearing = { authorization: "Bearer secret" }
    expect(await statusOf(server, "/facet")).toBe(401)
    const described = await fetch(`${server.url}/facet`, { headers: bearing })
    expect(await described.json()).toMatchObject({ model: "tiny", device: { name: "cpu" } })
    const before = await scrape(server)
    const options = { maxTokens: 3 }
    const generated = await post(`${server.url}/facet/generate`, { prompt: "Hello", options }, bearing)
    expect(generated.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8")
    const parts = (await generated.text()).trimEnd().split("\n")
    // The server's guard judged, though nobody asked for it.
    expect(JSON.parse(parts[0] ?? "")).toMatchObject({ type: "verdict", of: "input" })
    expect(JSON.parse(parts.at(-1) ?? "")).toMatchObject({ type: "finish", guard: { judgements: expect.any(Number) } })
    expect((await post(`${server.url}/facet/shield`, { content: "Hello" }, bearing)).status).toBe(200)
    expect((await post(`${server.url}/facet/inspect`, { text: "A dog." }, bearing)).status).toBe(200)
    expect((await post(`${server.url}/facet/shield`, { content: "x".repeat(6000) }, bearing)).status).toBe(413)
    const unknown = await fetch(`${server.url}/facet/dream`, { method: "POST", headers: bearing })
    expect([unknown.status, unknown.headers.get("content-type")]).toStrictEqual([404, "application/problem+json"])
    const after = await scrape(server)
    const gained = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0)
    expect(gained('facet_http_requests_total{path="/facet/generate",status="200"}')).toBe(1)
    expect(gained('facet_http_requests_total{path="/facet/shield",status="413"}')).toBe(1)
    expect(gained('facet_errors_total{code="body-too-large"}')).toBe(1)
    expect(gained("facet_completion_tokens_total")).toBe(3)
  })

  test("a client that leaves is counted, and its place is free again", async () => {
    const leaving = new AbortController()
    const response = await fetch(`${server.url}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({ ...long, messages: undefined, prompt: "Once", max_tokens: 900, stream: true }),
      headers: { "content-type": "application/json", authorization: "Bearer secret" },
      signal: leaving.signal,
    })
    await response.body?.getReader().read()
    leaving.abort()
    await vi.waitFor(async () => {
      const metrics = await scrape(server)
      expect(metrics.get("facet_clients_left_total")).toBe(1)
      expect(metrics.get("facet_engine_requests")).toBe(0)
    })
  })
})

describe("several processes behind one port", () => {
  test("answer as one, share out conversations, are replaced at SIGHUP, and end together", async () => {
    const server = await facetServe(["--workers", "2", "--threads", "1", "--guard"])
    const turn = { messages, max_tokens: 4, temperature: 0 }
    const first = (await (await chat(server, turn)).json()) as {
      readonly choices: ReadonlyArray<{ readonly message: { readonly content: string } }>
    }
    const said = { role: "assistant", content: first.choices[0]?.message.content ?? "" }
    const next = { ...turn, messages: [...messages, said, { role: "user", content: "And then?" }] }
    const answer = await chat(server, next)
    const { usage } = (await answer.json()) as {
      readonly usage: { readonly prompt_tokens_details: { readonly cached_tokens: number } }
    }
    // Whoever has read the first turn has the next one.
    expect(usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(10)
    const streamed = await chat(server, { ...turn, stream: true })
    expect((await streamed.text()).endsWith("data: [DONE]\n\n")).toBe(true)
    expect(await statusOf(server, "/readyz")).toBe(200)
    const before = Object.fromEntries(await scrape(server))
    expect(before).toMatchObject({
      facet_workers: 2,
      facet_workers_ready: 2,
      'facet_http_requests_total{path="/v1/chat/completions",status="200"}': 3,
      'facet_verdicts_total{of="input",policy="hate_speech",stage="guard",flagged="false"}': 3,
      'facet_engine_requests_waiting{worker="1"}': 0,
      'process_resident_memory_bytes{worker="2"}': expect.any(Number),
      'facet_routed_total{by="prefix"}': 2,
    })
    expect(before["facet_time_per_output_token_seconds_count"]).toBeUndefined()
    expect(before['facet_time_per_output_token_seconds_count{path="/v1/chat/completions"}']).toBe(3)
    expect(before["facet_queue_wait_seconds_count"]).toBeGreaterThan(3)
    server.kill("SIGHUP")
    await vi.waitFor(
      async () => {
        const figures = await scrape(server)
        expect(figures.get('facet_workers_replaced_total{why="reload"}')).toBe(2)
        expect(figures.get("facet_workers_ready")).toBe(2)
        expect(figures.get('facet_http_requests_total{path="/v1/chat/completions",status="200"}')).toBe(3)
      },
      { timeout: 20_000, interval: 200 },
    )
    const last = await chat(server, { ...long, max_tokens: 100, stream: true })
    server.kill("SIGTERM")
    const text = await last.text()
    expect(text).toContain('"finish_reason":"length"')
    expect(await server.ended).toStrictEqual({ code: 0, signal: null })
  }, 60_000)

  test("end with an error where the model is not there, and where it takes more than it may", async () => {
    const words = ["serve", "--port", "0", "--workers", "1"]
    const [none, large] = await Promise.all([
      facetProcess([...words, "--model", "/nowhere"]),
      facetProcess(["serve", "--port", "0", "--max-memory", "20MB"]),
    ])
    expect(none).toStrictEqual({ code: 1, stdout: "", stderr: expect.stringContaining("ModelNotFoundError: ") })
    expect(none.stderr).toContain("a worker ended before it was ready (exit code 1)")
    expect(large).toStrictEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("Error: --max-memory: the process"),
    })
  }, 30_000)
})

describe("pages of other origins", () => {
  const preflight = ({ url }: Server, path: string, origin: string): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    })
  const allowed = ({ headers }: Response) => headers.get("access-control-allow-origin")
  const app = "https://app.example.com"
  const native = "capacitor://localhost"

  test("may ask when they are named, and others may not", async () => {
    const server = await facetServe(["--cors", app, "--cors", native], { FACET_API_KEY: "secret" })
    // Asked without a key, as browsers do.
    for (const path of ["/facet", "/facet/generate", "/v1/chat/completions", "/api/chat"]) {
      const asked = await preflight(server, path, app)
      expect([asked.status, allowed(asked)]).toStrictEqual([204, app])
      expect(asked.headers.get("access-control-allow-headers")).toBe("authorization,content-type")
      expect(allowed(await preflight(server, path, native))).toBe(native)
      expect(allowed(await preflight(server, path, "https://example.com"))).toBeNull()
    }
    const bearing = { authorization: "Bearer secret", origin: app }
    const answers = await Promise.all([
      post(`${server.url}/facet/generate`, { prompt: "Hello", options: { maxTokens: 1 } }, bearing),
      post(`${server.url}/v1/chat/completions`, { messages, max_tokens: 1 }, bearing),
      post(`${server.url}/facet/shield`, { content: "Hello" }, { origin: app }),
    ])
    expect(answers.map(({ status }) => status)).toStrictEqual([200, 200, 401])
    for (const answer of answers) {
      expect(allowed(answer)).toBe(app)
      expect(answer.headers.get("vary")).toContain("Origin")
      expect(await answer.text()).not.toBe("")
    }
    const foreign = await fetch(`${server.url}/metrics`, { headers: { origin: app } })
    expect(allowed(foreign)).toBeNull()
    expect(server.stderr()).not.toContain("Warning")
    server.kill("SIGTERM")
    await server.ended
  })

  test("may all ask with *, of which whoever has no key is warned", async () => {
    const server = await facetServe(["--cors", "*"])
    expect(server.stderr()).toMatch(/^Warning: every page .* --cors\.\nServing at /)
    expect(allowed(await preflight(server, "/facet/generate", "https://example.com"))).toBe("*")
    expect(allowed(await fetch(`${server.url}/facet`))).toBe("*")
    server.kill("SIGTERM")
    await server.ended
  })
})

test("one address does not hold more places than one client may", async () => {
  const server = await facetServe(["--max-per-client", "1"])
  const leaving = new AbortController()
  const held = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ ...long, stream: true }),
    headers: { "content-type": "application/json" },
    signal: leaving.signal,
  })
  expect(held.status).toBe(200)
  expect((await post(`${server.url}/facet/shield`, { content: "Hello" })).status).toBe(429)
  leaving.abort()
  await vi.waitFor(
    async () => expect((await post(`${server.url}/facet/shield`, { content: "Hello" })).status).toBe(200),
    { timeout: 10_000 },
  )
  server.kill("SIGTERM")
  await server.ended
})

describe("names of the server", () => {
  /** `fetch` lets nobody choose the header; a browser fills in the name that a page asks under. */
  const statusUnder = (host: string, { url }: Server, path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = request(`${url}${path}`, { headers: { host } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      asked.on("error", reject).end()
    })
  const paths = ["/v1/models", "/facet", "/metrics", "/healthz"]
  const statusesUnder = (host: string, server: Server) =>
    Promise.all(paths.map((path) => statusUnder(host, server, path)))

  test("without a key only those of this machine, and those that are allowed, are answered to", async () => {
    const server = await facetServe(["--allow-host", "facet.test"])
    const { port } = new URL(server.url)
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, "localhost", "facet.test"]) {
      expect(await statusesUnder(host, server)).toStrictEqual([200, 200, 200, 200])
    }
    expect(await statusesUnder("evil.example", server)).toStrictEqual([403, 403, 403, 403])
    server.kill("SIGTERM")
    await server.ended
  })

  test("with a key all are: a page does not have it", async () => {
    const server = await facetServe([], { FACET_API_KEY: "secret" })
    expect(await statusUnder("any.example", server, "/healthz")).toBe(200)
    expect(await statusUnder("any.example", server, "/v1/models")).toBe(401)
    server.kill("SIGTERM")
    await server.ended
  })
})

describe("a signal", () => {
  test("lets a stream come to its end, while nobody new is served; then it is over, with 0", async () => {
    const server = await facetServe()
    const response = await chat(server, { ...long, max_tokens: 200, stream: true })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = (await reader.read()).value ?? ""
    server.kill("SIGTERM")
    await vi.waitFor(async () => expect(await statusOf(server, "/readyz")).toBe(503))
    expect(await statusOf(server, "/healthz")).toBe(200)
    const refused = await chat(server, { messages, max_tokens: 1 })
    expect([refused.status, refused.headers.get("retry-after")]).toStrictEqual([503, "1"])
    expect(await refused.json()).toMatchObject({ error: { code: "shutting_down" } })
    const closed = await post(`${server.url}/facet/shield`, { content: "Hello" })
    expect([closed.status, closed.headers.get("retry-after")]).toStrictEqual([503, "1"])
    expect(await closed.json()).toMatchObject({ status: 503, error: { _tag: "ClosedError" } })
    for (let next = await reader.read(); next.done !== true; next = await reader.read()) text += next.value
    expect(text).toContain('"finish_reason":"length"')
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true)
    expect(await server.ended).toStrictEqual({ code: 0, signal: null })
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
  })

  test("ends a stream that takes longer than the time of grace, with a word", async () => {
    const server = await facetServe(["--grace", "0.1"])
    const response = await chat(server, { ...long, stream: true })
    const text = response.text()
    const askedAt = performance.now()
    server.kill("SIGINT")
    expect((await text).split("\n\n").slice(-3)).toStrictEqual([
      expect.stringContaining('"code":"shutting_down"'),
      "data: [DONE]",
      "",
    ])
    expect(await server.ended).toStrictEqual({ code: 0, signal: null })
    expect(performance.now() - askedAt).toBeLessThan(3000)
  })

  test("given twice ends it at once", async () => {
    const server = await facetServe()
    const response = await chat(server, { ...long, stream: true })
    const text = response.text().catch(() => "broken off")
    server.kill("SIGTERM")
    await new Promise((resolve) => setTimeout(resolve, 600))
    server.kill("SIGTERM")
    expect(await server.ended).toStrictEqual({ code: null, signal: "SIGTERM" })
    expect(await text).toBe("broken off")
  })

  test("while the model is being opened ends it too", async () => {
    expect(await facetUntilFirstProgress(["serve", "--port", "0", "--verbose"])).toBe(0)
  })
})

test.each([
  [["--port", "70000"], "--port takes a whole number from 0 to 65535, not 70000"],
  [["--port", "1.5"], "--port takes a whole number"],
  [["--workers", "0"], "--workers takes a whole number from 1 to 256, not 0"],
  [["--workers", "1.5"], "--workers takes a whole number"],
  [["--max-memory", "much"], '--max-memory takes a size such as 512MB, 6GB or 6GiB, not "much"'],
  [["--grace=-1"], "--grace takes a number from 0 to 86400, not -1"],
  [["--grace", "infinity"], "--grace takes a number"],
  [["--cors", "app.example.com"], '--cors takes an origin such as https://app.example.com, or "*" for all, not "app.'],
  [["--cors", "https://*.example.com"], 'not "https://*.example.com"'],
  [["--cors", "https://example.com:x"], 'not "https://example.com:x"'],
  [["--cors", "https://app.example.com/"], "Write https://app.example.com"],
  [["--cors", "HTTP://LOCALHOST:80"], "Write http://localhost"],
  [["--allow-host", "http://a"], "--allow-host takes a name or an address without scheme and port"],
  [["--allow-host", "a:80"], 'not "a:80"'],
])("serve %j is refused: %s", async (words, problem) => {
  const screen = new Screen(process.stderr, {})
  const { signal } = new AbortController()
  const ran = serve.read(words).run({ out: screen, err: screen, verbose: false, signal, readInput: async () => "" })
  await expect(ran).rejects.toThrow(UsageError)
  await expect(ran).rejects.toThrow(problem)
})

test("what cannot be served is told before anybody asks; whoever opens the door to all is warned", async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => void taken.listen(0, "127.0.0.1", resolve))
  const address = taken.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const [key, busy, open, locked] = await Promise.all([
    facetProcess(["serve"], { env: { FACET_API_KEY: "" } }),
    facet(["serve", "--port", String(port)]),
    facet(["serve", "--port", "0", "--host", "0.0.0.0", "--model", "/nowhere"]),
    facet(["serve", "--port", "0", "--host", "0.0.0.0", "--queue", "0", "--api-key", "one"]),
  ])
  taken.close()
  expect(key).toMatchObject({ code: 2, stderr: expect.stringContaining("FACET_API_KEY is empty") })
  const told = `Error: port ${port} is taken. Choose another with --port, or 0 for any.\n`
  expect(busy).toStrictEqual({ code: 1, stdout: "", stderr: told })
  const warned = /^Warning: everybody who reaches 0\.0\.0\.0 may ask\.[^\n]*\nModelNotFoundError: /
  expect(open).toStrictEqual({ code: 1, stdout: "", stderr: expect.stringMatching(warned) })
  // With a key there is nothing to warn of.
  const refused = /^InvalidRequestError: --queue: 0 is out of range/
  expect(locked).toStrictEqual({ code: 1, stdout: "", stderr: expect.stringMatching(refused) })
}, 30_000)

test("metrics: buckets hold what is at most so large, and odd characters are escaped", () => {
  const registry = new Registry()
  const sizes = registry.histogram("sizes", "How\nlarge.", [1, 5])
  for (const size of [0.5, 1, 3, 9]) sizes.observe({ of: 'a"b\\c\nd' }, size)
  registry.counter("events", "So many.").add({}, 2)
  registry.gauge("unknown", "Not there.", () => undefined)
  expect(registry.text()).toBe(`# HELP sizes How\\nlarge.
# TYPE sizes histogram
sizes_bucket{of="a\\"b\\\\c\\nd",le="1"} 2
sizes_bucket{of="a\\"b\\\\c\\nd",le="5"} 3
sizes_bucket{of="a\\"b\\\\c\\nd",le="+Inf"} 4
sizes_sum{of="a\\"b\\\\c\\nd"} 13.5
sizes_count{of="a\\"b\\\\c\\nd"} 4
# HELP events So many.
# TYPE events counter
events 2
# HELP unknown Not there.
# TYPE unknown gauge
`)
})
