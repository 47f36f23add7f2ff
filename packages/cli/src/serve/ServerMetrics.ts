/** What a server counts. */
import type { RequestReport } from "@facet/hono-plugin"
import { routes } from "@facet/sdk/remote"
import type { EngineStats } from "@facet/sdk/words"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Registry } from "./Registry.ts"

/** Any other path is counted as `other`: what clients make up must not become labels. */
const paths: ReadonlyArray<string> = [
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/decisions",
  "/v1/systemone",
  "/v1/models",
  "/v1/embeddings",
  "/v1/moderations",
  "/v1/responses",
  "/api/chat",
  "/api/embed",
  "/api/embeddings",
  "/api/generate",
  "/api/ps",
  "/api/show",
  "/api/tags",
  "/api/version",
  ...Object.values(routes),
  "/",
  "/healthz",
  "/readyz",
  "/metrics",
]

/** In seconds: a token of a small model on a graphics card takes a millisecond, one of a large on a CPU a second. */
const tokenTimes = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

const durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/** The status that is counted when a client left before there was an answer. */
const leftStatus = 499

export class ServerMetrics {
  readonly #registry = new Registry()
  readonly #running = new Set<ServerResponse>()
  #stats: EngineStats | undefined

  readonly #requests = this.#registry.counter("facet_http_requests_total", "Requests answered, by path and status.")
  readonly #durations = this.#registry.histogram(
    "facet_http_request_duration_seconds",
    "From a request to the last byte of its answer, by path.",
    durations,
  )
  readonly #firstTexts = this.#registry.histogram(
    "facet_time_to_first_text_seconds",
    "From a request to the first text of its answer, by path.",
    durations,
  )
  readonly #tokenTimes = this.#registry.histogram(
    "facet_time_per_output_token_seconds",
    "Of a generation, the mean time from one token to the next.",
    tokenTimes,
  )
  readonly #verdicts = this.#registry.counter(
    "facet_verdicts_total",
    "Texts that were judged, by side, policy, stage and outcome.",
  )
  readonly #policies: ReadonlySet<string>
  readonly #promptTokens = this.#registry.counter("facet_prompt_tokens_total", "Tokens of prompts.")
  readonly #cachedTokens = this.#registry.counter(
    "facet_cached_prompt_tokens_total",
    "Tokens of prompts that came from the prefix cache.",
  )
  readonly #completionTokens = this.#registry.counter("facet_completion_tokens_total", "Tokens that the model chose.")
  readonly #finishes = this.#registry.counter("facet_generations_total", "Generations that ended, by reason.")
  readonly #blocked = this.#registry.counter("facet_blocked_total", "Generations that the guard held back.")
  readonly #flagged = this.#registry.counter(
    "facet_flagged_total",
    "Texts that were judged and flagged: prompts, answers, moderations.",
  )
  readonly #left = this.#registry.counter("facet_clients_left_total", "Requests whose client left before the end.")
  readonly #errors = this.#registry.counter("facet_errors_total", "Errors that clients were told, by code.")

  /** @param policies the ids that may be labels; what else clients make up is counted as `custom`. */
  constructor(policies: ReadonlyArray<string>) {
    this.#policies = new Set(policies)
    const gauge = this.#registry.gauge.bind(this.#registry)
    gauge("facet_http_requests_in_flight", "Requests under way.", () => this.#running.size)
    gauge("facet_engine_requests", "Requests that the engine runs or queues.", () => this.#stats?.requests)
    gauge("facet_engine_requests_waiting", "Of those, the ones that wait for a place.", () => this.#stats?.waiting)
    this.#registry.histogramOf("facet_queue_wait_seconds", "From a request to its place in the engine.", () =>
      this.#stats === undefined ? undefined : { ...this.#stats.waits, sum: this.#stats.waits.seconds },
    )
    gauge("facet_prefix_cache_sequences", "Sequences in the prefix caches.", () => this.#stats?.cachedSequences)
    gauge("facet_prefix_cache_bytes", "Bytes of the prefix caches.", () => this.#stats?.cachedBytes)
    gauge("process_resident_memory_bytes", "Memory of the process.", () => process.memoryUsage.rss())
    const startedAt = Date.now() / 1000 - process.uptime()
    gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", () => startedAt)
    // Counters that are there from the start make rates right from the start.
    for (const counter of [this.#promptTokens, this.#cachedTokens, this.#completionTokens]) counter.add({}, 0)
    for (const counter of [this.#blocked, this.#flagged, this.#left]) counter.add({}, 0)
  }

  /** Requests under way. */
  get running(): ReadonlySet<ServerResponse> {
    return this.#running
  }

  /** Follows a request to its end, on the side of the connection. */
  follow(request: IncomingMessage, response: ServerResponse): void {
    const startedAt = performance.now()
    const path = pathOf(request.url ?? "")
    this.#running.add(response)
    response.once("close", () => {
      this.#running.delete(response)
      const status = response.headersSent ? response.statusCode : leftStatus
      this.#requests.add({ path, status: String(status) })
      this.#durations.observe({ path }, (performance.now() - startedAt) / 1000)
    })
  }

  /** Takes what a route tells of a request. */
  readonly report = (report: RequestReport): void => {
    const { code, finishReason, firstTextMs, flagged, outcome, route, usage } = report
    const path = `${/^(api|facet)\b/.test(route) ? "" : "/v1"}/${route.replace(".", "/")}`
    if (firstTextMs !== undefined) this.#firstTexts.observe({ path }, firstTextMs / 1000)
    for (const ms of report.tokenMs) this.#tokenTimes.observe({ path }, ms / 1000)
    for (const { flagged: isFlagged, of, policy, stage } of report.verdicts) {
      const known = this.#policies.has(policy) ? policy : "custom"
      this.#verdicts.add({ of, policy: known, stage, flagged: String(isFlagged) })
    }
    if (usage !== undefined) {
      this.#promptTokens.add({}, usage.promptTokens)
      this.#cachedTokens.add({}, usage.cachedTokens)
      this.#completionTokens.add({}, usage.completionTokens)
    }
    if (finishReason !== undefined) this.#finishes.add({ reason: finishReason })
    if (finishReason === "blocked") this.#blocked.add({})
    if (flagged !== undefined) this.#flagged.add({}, flagged)
    if (outcome === "left") this.#left.add({})
    if (outcome === "failed") this.#errors.add({ code: code ?? "unknown" })
  }

  /** @param stats what the engine holds; `undefined` where it cannot tell. */
  text(stats: EngineStats | undefined): string {
    this.#stats = stats
    return this.#registry.text()
  }
}

export function pathOf(url: string): string {
  const path = url.split("?")[0] ?? ""
  return path.startsWith("/v1/models/") ? "/v1/models" : paths.includes(path) ? path : "other"
}
