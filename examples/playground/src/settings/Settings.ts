/** What the page's address says: how the model is opened, and how it answers. */
import type { OpenOptions, TraceOptions } from "@facet/sdk"

export interface Settings {
  /** `tiny`, the URL of a model folder, or an id of the Hugging Face Hub. */
  readonly model: string
  /** The guard's model, in the same forms. */
  readonly shield: string
  /** The URL of a `params.npz`; empty for none but the embedded model's own. */
  readonly scope: string
  readonly device: DeviceChoice
  /** A server that does the work in place of this tab; empty for none. */
  readonly remote: string
  /** Whether questions and answers are judged. */
  readonly guard: boolean
  /** At most so many tokens an answer. */
  readonly maxTokens: number
  /** Whether the model is loaded as soon as the page is there. */
  readonly autoLoad: boolean
}

export const devices = ["auto", "webgpu", "wasm"] as const
export type DeviceChoice = (typeof devices)[number]

export const defaults: Settings = {
  model: "tiny",
  shield: "tiny",
  scope: "",
  device: "auto",
  remote: "",
  guard: true,
  maxTokens: 256,
  autoLoad: false,
}

export interface ReadSettings {
  readonly settings: Settings
  /** What could not be understood, for the visitor. */
  readonly problems: ReadonlyArray<string>
}

/** Reads `?model=`, `?shield=`, `?scope=`, `?device=`, `?remote=`, `?guard=off`, `?max=` and `?autoload`. */
export function readSettings(query: URLSearchParams): ReadSettings {
  const problems: Array<string> = []
  const text = (name: "model" | "shield" | "scope" | "remote") => query.get(name) ?? defaults[name]
  const device = query.get("device") ?? defaults.device
  const max = query.get("max") ?? String(defaults.maxTokens)
  const isDevice = (name: string): name is DeviceChoice => devices.some((known) => known === name)
  const isCount = /^[1-9]\d{0,5}$/.test(max)
  if (!isDevice(device))
    problems.push(`device=${device} is none of ${devices.join(", ")}: ${defaults.device} is taken.`)
  if (!isCount) problems.push(`max=${max} is no number of tokens: ${defaults.maxTokens} is taken.`)
  const settings: Settings = {
    model: text("model"),
    shield: text("shield"),
    scope: text("scope"),
    remote: text("remote"),
    device: isDevice(device) ? device : defaults.device,
    guard: query.get("guard") !== "off",
    maxTokens: isCount ? Number(max) : defaults.maxTokens,
    autoLoad: query.has("autoload"),
  }
  return { settings, problems }
}

/** The query that gives these settings again; whatever is at its default is left out. */
export function queryOf(settings: Settings): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of ["model", "shield", "scope", "device", "remote"] as const) {
    if (settings[name] !== defaults[name]) query.set(name, settings[name])
  }
  if (!settings.guard) query.set("guard", "off")
  if (settings.maxTokens !== defaults.maxTokens) query.set("max", String(settings.maxTokens))
  if (settings.autoLoad) query.set("autoload", "")
  return query
}

export function openOptions({ device, model, scope, shield }: Settings): OpenOptions {
  return {
    model,
    device,
    ...(model === "tiny" && shield === "tiny" ? {} : { shield }),
    ...(scope === "" ? {} : { scope }),
  }
}

/** Which features are traced; none where there are none. A server is expected to have some, as `facet serve` does. */
export function traceOptions({ model, remote, scope }: Settings): TraceOptions | false {
  const topK = 8
  if (remote !== "" || scope !== "") return { topK }
  // The embedded model brings autoencoders along.
  return model === "tiny" ? { topK } : false
}
