/** The AI SDK's UI message streams. */
import type { FrameText, StreamWords } from "@facet/sdk"
import { facetVerdict } from "@facet/sdk/words"
import type { JsonRecord } from "@facet/sdk/words"
import type { Dialect } from "./Dialect.ts"
import { dataLine, doneLine } from "./eventLines.ts"
import type { Ending } from "./Format.ts"
import type { BlockingVerdict } from "./verdictOf.ts"
import { withoutNames } from "./withoutNames.ts"

const types =
  /^(start|finish|start-step|finish-step|text-(start|delta|end)|reasoning-(start|delta|end)|tool-input-.*|data-.*)$/

/** What names a part, a tool or a message, and never says anything. */
const eventNames =
  "type id toolCallId toolName messageId sourceId approvalId finishReason inputEncoding mediaType".split(" ")

export class UiMessageDialect implements Dialect {
  readonly #words: StreamWords
  /** Tools whose input is no JSON. */
  readonly #plainInputs = new Set<string>()
  /** Blocks that clients wait for the end of, by the lines that end them. */
  readonly #open = new Map<string, JsonRecord>()
  #isInStep = false
  #isFinished = false

  constructor(words: StreamWords) {
    this.#words = words
  }

  static knows({ type }: JsonRecord): boolean {
    return typeof type === "string" && types.test(type)
  }

  texts(event: JsonRecord): ReadonlyArray<FrameText> {
    const type = String(event["type"])
    const channel = /^(text|reasoning)-(start|delta|end)$/.exec(type)?.[1]
    const said = withoutNames(event, eventNames)
    if (channel === undefined) return [...this.#words.pauseBlocks(), ...this.#aside(type, event, said)]
    return [...this.#words.pauseBlocks(channel), ...this.#block(channel, event, said)]
  }

  /** Blocks of text are read as one text, and so are those of reasoning. */
  #block(channel: string, event: JsonRecord, { delta, ...rest }: JsonRecord): ReadonlyArray<FrameText> {
    const name = nameOf(event)
    const type = String(event["type"])
    if (type.endsWith("-start")) this.#words.startBlock(channel, name)
    return [
      ...(typeof delta === "string" ? this.#words.block(channel, name, delta) : []),
      ...(type.endsWith("-end") ? this.#words.endBlock(channel, name) : []),
      ...this.#words.fields(`${type} `, typeof delta === "string" ? rest : { ...rest, delta }, true),
    ]
  }

  #aside(type: string, event: JsonRecord, said: JsonRecord): ReadonlyArray<FrameText> {
    const name = nameOf(event)
    switch (type) {
      case "tool-input-start":
        if (event["inputEncoding"] === "text") this.#plainInputs.add(name)
        return this.#words.fields(`${type} `, said, true)
      case "tool-input-delta": {
        const { inputTextDelta, ...rest } = said
        if (typeof inputTextDelta !== "string") return this.#words.fields(`${type} `, said, true)
        const texts = this.#words.text(name, inputTextDelta, !this.#plainInputs.has(name))
        return [...texts, ...this.#words.fields(`${type} `, rest, true)]
      }
      case "tool-input-available":
      case "tool-input-error": {
        const { input, ...rest } = said
        return [...this.#words.wholeJson(name, input, type), ...this.#words.whole(type, rest)]
      }
      default:
        // Words that come one by one as data make one text.
        if (type.startsWith("data-") && typeof said["data"] === "string" && event["id"] === undefined) {
          const { data, ...rest } = said
          return [...this.#words.fields(`${type} `, { data }), ...this.#words.fields(`${type} `, rest, true)]
        }
        return /^(tool|source|file)/.test(type)
          ? this.#words.whole(type, said)
          : this.#words.fields(`${type} `, said, true)
    }
  }

  sent(event: JsonRecord): void {
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

function nameOf({ id, toolCallId, type }: JsonRecord): string {
  const kind = /^(text|reasoning|tool-input)-/.exec(String(type))?.[1] ?? String(type)
  return `${kind}[${String(kind === "tool-input" ? toolCallId : id)}]`
}
