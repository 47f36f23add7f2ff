/** OpenAI's chat completions and completions, streamed. */
import type { FrameText, StreamWords } from "@facet/sdk"
import { isRecord, type JsonRecord } from "@facet/sdk/words"
import type { Dialect } from "./Dialect.ts"
import { dataLine, doneLine } from "./eventLines.ts"
import type { Ending } from "./Format.ts"
import { spellingOf } from "./spellingOf.ts"
import { withoutNames } from "./withoutNames.ts"

const eventNames = ["id", "object", "model", "system_fingerprint", "service_tier", "provider", "obfuscation"]
const choiceNames = ["finish_reason", "native_finish_reason", "stop_reason"]
const callNames = ["id", "type"]

export class OpenAiDialect implements Dialect {
  readonly #words: StreamWords
  /** The last event that went out. */
  #last: JsonRecord = {}
  readonly #seen = new Set<number>()
  readonly #finished = new Set<number>()

  constructor(words: StreamWords) {
    this.#words = words
  }

  static knows({ choices, object }: JsonRecord): boolean {
    return object === "chat.completion.chunk" || object === "text_completion" || Array.isArray(choices)
  }

  texts({ choices, ...rest }: JsonRecord): ReadonlyArray<FrameText> {
    const others = Array.isArray(choices) ? choices.filter((choice) => !isRecord(choice)) : choices
    return [
      ...choicesOf(choices).flatMap((choice, position) => this.#choiceTexts(choice, indexOf(choice, position))),
      ...this.#words.fields("event.", { ...withoutNames(rest, eventNames), choices: others }, true),
    ]
  }

  #choiceTexts(choice: JsonRecord, index: number): ReadonlyArray<FrameText> {
    const name = `choices[${index}]`
    const { delta, logprobs, text, ...rest } = withoutNames(choice, choiceNames)
    const said = [
      ...this.#words.fields(`${name}.`, isRecord(delta) ? deltaOf(delta) : { delta }),
      ...this.#words.fields(`${name}.`, { text }),
    ]
    const spelt = spellingOf(logprobs)
    return [
      ...said,
      // Once an answer begins, its reasoning is complete, and once a tool is called, the one before it.
      ...(said.length > 0 ? this.#words.endOthers(`${name}.`) : []),
      ...(isSpelt(spelt.text, delta, text) ? [] : this.#words.text(`${name}.logprobs`, spelt.text)),
      ...this.#words.fields(`${name} `, { ...rest, logprobs: spelt.rest }, true),
      ...(typeof choice["finish_reason"] === "string" ? this.#words.end(name) : []),
    ]
  }

  sent(event: JsonRecord): void {
    this.#last = event
    for (const [position, choice] of choicesOf(event["choices"]).entries()) {
      const index = indexOf(choice, position)
      this.#seen.add(index)
      if (typeof choice["finish_reason"] === "string") this.#finished.add(index)
    }
  }

  ending(why: Ending): string {
    if (why.type === "failed") {
      const { code, message } = why
      return dataLine({ error: { message, type: "server_error", param: null, code } }) + doneLine
    }
    const open = this.#seen.size === 0 ? [0] : [...this.#seen].filter((index) => !this.#finished.has(index))
    if (open.length === 0) return doneLine
    const { created, id, model, object = "chat.completion.chunk" } = this.#last
    const rest = object === "text_completion" ? { text: "" } : { delta: {} }
    const choices = open.map((index) => ({ index, ...rest, logprobs: null, finish_reason: "content_filter" }))
    return dataLine({ id, object, created, model, choices, verdict: why.verdict }) + doneLine
  }
}

/** A delta without the names of its protocol. */
function deltaOf(delta: JsonRecord): JsonRecord {
  const { tool_calls, ...rest } = withoutNames(delta, ["role"])
  if (!Array.isArray(tool_calls)) return { ...rest, tool_calls }
  const calls: ReadonlyArray<unknown> = tool_calls
  return { ...rest, tool_calls: calls.map((call) => (isRecord(call) ? withoutNames(call, callNames) : call)) }
}

/** Whether log-probabilities spell nothing, or what the event says. */
const isSpelt = (spelt: string, delta: unknown, text: unknown): boolean =>
  spelt === "" || spelt === text || (isRecord(delta) && Object.values(delta).includes(spelt))

const choicesOf = (choices: unknown): ReadonlyArray<JsonRecord> =>
  Array.isArray(choices) ? choices.filter(isRecord) : []

const indexOf = ({ index }: JsonRecord, position: number): number => (typeof index === "number" ? index : position)
