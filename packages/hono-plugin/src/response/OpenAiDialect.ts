/** OpenAI's chat completions and completions, streamed. */
import type { FrameText } from "@facet/sdk"
import { isRecord } from "../json/isRecord.ts"
import { stringsOf } from "../json/StringAt.ts"
import type { Channels } from "./Channels.ts"
import type { Dialect, Json } from "./Dialect.ts"
import { dataLine, doneLine } from "./eventLines.ts"
import type { Ending } from "./Format.ts"
import { textOfLogprobs } from "./textOfLogprobs.ts"

export class OpenAiDialect implements Dialect {
  readonly #channels: Channels
  /** The last event that went out. */
  #last: Json = {}
  readonly #seen = new Set<number>()
  readonly #finished = new Set<number>()

  constructor(channels: Channels) {
    this.#channels = channels
  }

  static knows({ choices, object }: Json): boolean {
    return object === "chat.completion.chunk" || object === "text_completion" || Array.isArray(choices)
  }

  texts({ choices, ...rest }: Json): ReadonlyArray<FrameText> {
    return [
      ...choicesOf(choices).flatMap((choice, position) => this.#choiceTexts(choice, indexOf(choice, position))),
      ...this.#channels.whole("event", stringsOf(Array.isArray(choices) ? rest : { ...rest, choices })),
    ]
  }

  #choiceTexts({ delta, finish_reason, logprobs, text, ...rest }: Json, index: number): ReadonlyArray<FrameText> {
    const name = `choices[${index}]`
    const said = stringsOf({ ...(isRecord(delta) ? delta : { delta }), text }, name)
    const spelt = textOfLogprobs(logprobs)
    const isRepeated = spelt === "" || said.some((string) => string.text === spelt)
    const going = new Set(said.map(({ path }) => path))
    return [
      // Once an answer begins, its reasoning is complete, and once a tool is called, the one before it.
      ...(said.length > 0 ? this.#channels.end(`${name}.`).filter(({ channel }) => !going.has(channel ?? "")) : []),
      ...said.flatMap((string) => this.#channels.append(string.path, string.text, string.path.endsWith(".arguments"))),
      ...(isRepeated ? [] : this.#channels.append(`${name}.logprobs`, spelt)),
      ...this.#channels.whole(name, stringsOf(rest)),
      ...(typeof finish_reason === "string" ? this.#channels.end(name) : []),
    ]
  }

  sent(event: Json): void {
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

const choicesOf = (choices: unknown): ReadonlyArray<Json> => (Array.isArray(choices) ? choices.filter(isRecord) : [])

const indexOf = ({ index }: Json, position: number): number => (typeof index === "number" ? index : position)
