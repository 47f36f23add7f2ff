/** The AI SDK's UI message streams. */
import type { FrameText } from "@facet/sdk"
import { facetVerdict } from "@facet/sdk/words"
import { parseJson } from "../json/parseJson.ts"
import { stringsOf } from "../json/StringAt.ts"
import type { Channels } from "./Channels.ts"
import type { Dialect, Json } from "./Dialect.ts"
import { dataLine, doneLine } from "./eventLines.ts"
import type { Ending } from "./Format.ts"
import type { BlockingVerdict } from "./verdictOf.ts"

const types =
  /^(start|finish|start-step|finish-step|text-(start|delta|end)|reasoning-(start|delta|end)|tool-input-.*|data-.*)$/

export class UiMessageDialect implements Dialect {
  readonly #channels: Channels
  /** Tools whose input is no JSON. */
  readonly #plainInputs = new Set<string>()
  /** Blocks that clients wait for the end of, by the lines that end them. */
  readonly #open = new Map<string, Json>()
  #isInStep = false
  #isFinished = false

  constructor(channels: Channels) {
    this.#channels = channels
  }

  static knows({ type }: Json): boolean {
    return typeof type === "string" && types.test(type)
  }

  texts(event: Json): ReadonlyArray<FrameText> {
    const type = String(event["type"])
    const name = nameOf(event)
    switch (type) {
      case "text-delta":
      case "reasoning-delta": {
        const { delta, ...rest } = event
        return [...this.#append(name, delta), ...this.#whole(type, rest)]
      }
      case "text-end":
      case "reasoning-end":
        return [...this.#channels.end(name), ...this.#whole(type, event)]
      case "tool-input-start":
        if (event["inputEncoding"] === "text") this.#plainInputs.add(name)
        return this.#whole(type, event)
      case "tool-input-delta": {
        const { inputTextDelta, ...rest } = event
        return [...this.#append(name, inputTextDelta, !this.#plainInputs.has(name)), ...this.#whole(type, rest)]
      }
      case "tool-input-available":
      case "tool-input-error": {
        const { input, ...rest } = event
        const told = this.#isTold(name, input) ? rest : event
        return [...this.#channels.end(name), ...this.#whole(type, told)]
      }
      default:
        // Words that come one by one as data make one text.
        if (type.startsWith("data-") && typeof event["data"] === "string" && event["id"] === undefined) {
          return this.#append(type, event["data"])
        }
        return this.#whole(type, event)
    }
  }

  #append(name: string, text: unknown, isJson = false): ReadonlyArray<FrameText> {
    return typeof text === "string" ? this.#channels.append(name, text, isJson) : this.#whole(name, { text })
  }

  #whole(name: string, event: Json): ReadonlyArray<FrameText> {
    return this.#channels.whole(name, stringsOf(event))
  }

  /** Whether an input is what was judged in fragments. */
  #isTold(name: string, input: unknown): boolean {
    const raw = this.#channels.rawOf(name)
    if (raw === "") return false
    return raw === input || JSON.stringify(parseJson(raw)?.value) === JSON.stringify(input)
  }

  sent(event: Json): void {
    const name = nameOf(event)
    const { id, toolCallId, toolName } = event
    switch (event["type"]) {
      case "text-start":
        return void this.#open.set(name, { type: "text-end", id })
      case "reasoning-start":
        return void this.#open.set(name, { type: "reasoning-end", id })
      case "tool-input-start": {
        const errorText = "The answer ended before the tool's input was complete."
        return void this.#open.set(name, { type: "tool-input-error", toolCallId, toolName, input: null, errorText })
      }
      case "text-end":
      case "reasoning-end":
      case "tool-input-available":
      case "tool-input-error":
        return void this.#open.delete(name)
      case "start-step":
        this.#isInStep = true
        return
      case "finish-step":
      case "reset-step":
        this.#isInStep = event["type"] === "reset-step"
        return this.#open.clear()
      case "finish":
      case "abort":
        this.#isFinished = true
        return
      default:
    }
  }

  ending(why: Ending): string {
    if (this.#isFinished) return doneLine
    const isBlocked = why.type === "blocked"
    return [
      ...[...this.#open.values()].map(dataLine),
      dataLine(isBlocked ? partOf(why.verdict) : { type: "error", errorText: why.message }),
      ...(this.#isInStep ? [dataLine({ type: "finish-step" })] : []),
      dataLine({ type: "finish", finishReason: isBlocked ? "content-filter" : "error" }),
      doneLine,
    ].join("")
  }
}

const partOf = ({ flagged, policies, ...rest }: BlockingVerdict) =>
  facetVerdict({ ...rest, verdict: { flagged, policies } })

function nameOf({ id, toolCallId, type }: Json): string {
  const kind = /^(text|reasoning|tool-input)-/.exec(String(type))?.[1] ?? String(type)
  return `${kind}[${String(kind === "tool-input" ? toolCallId : id)}]`
}
