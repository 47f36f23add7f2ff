/** OpenTelemetry, where the standard variables ask for it. What sends spans is loaded only then. */
import type { RequestReport } from "@facet/hono-plugin"
import type { OpenOptions } from "@facet/sdk"
import type { IncomingMessage, ServerResponse } from "node:http"
import { UsageError } from "../UsageError.ts"

export interface Telemetry extends AsyncDisposable {
  /** Takes the spans of the effects. */
  readonly tracer: NonNullable<OpenOptions["tracer"]>
  /** Begins the span of a request, and ends it with its connection. */
  readonly follow: (request: IncomingMessage, response: ServerResponse) => void
  /** Adds to the span of a request what a route tells of it. */
  readonly report: (report: RequestReport) => void
}

/**
 * @param env with `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`; without either nothing is sent
 * @throws UsageError for a variable that cannot be honoured
 */
export async function openTelemetry(env: NodeJS.ProcessEnv): Promise<Telemetry | undefined> {
  if (!isAsked(env)) return undefined
  const protocol = protocolOf(env)
  const { makeTelemetry } = await import("./makeTelemetry.ts")
  return makeTelemetry(env, protocol)
}

/** Which variables name the address, the nearer one first. */
const addresses = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] as const

function isAsked(env: NodeJS.ProcessEnv): boolean {
  if (env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return false
  const exporters = env["OTEL_TRACES_EXPORTER"]?.split(",").map((name) => name.trim())
  if (exporters !== undefined && !exporters.includes("otlp")) return false
  // As the standard has it, an empty variable is as good as none.
  const name = addresses.find((variable) => (env[variable] ?? "") !== "")
  if (name === undefined) return false
  const address = env[name] ?? ""
  if (/^https?:\/\//.test(address) && URL.canParse(address)) return true
  throw new UsageError(`${name} takes a URL such as http://127.0.0.1:4318, not ${JSON.stringify(address)}`)
}

export type Protocol = "http/protobuf" | "http/json"

function protocolOf(env: NodeJS.ProcessEnv): Protocol {
  const name = (["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"] as const).find(
    (variable) => (env[variable] ?? "") !== "",
  )
  const protocol = name === undefined ? "http/protobuf" : env[name]
  if (protocol === "http/protobuf" || protocol === "http/json") return protocol
  throw new UsageError(`${name} takes http/protobuf or http/json, not ${JSON.stringify(protocol)}: use port 4318.`)
}
