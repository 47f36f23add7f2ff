/** Ollama's answers, streamed: one document a line. */
import type { FrameText, StreamWords } from "@facet/sdk"
import { isRecord, type JsonRecord } from "@facet/sdk/words"
import type { Dialect } from "./Dialect.ts"
import type { Ending } from "./Format.ts"
import { spellingOf } from "./spellingOf.ts"
import { UnknownDialect } from "./UnknownDialect.ts"
import { withoutNames } from "./withoutNames.ts"

const lineNames = ["model", "created_at", "done_reason", "remote_model", "remote_host"]

export class OllamaDialect implements Dialect {
  readonly #words: StreamWords
  readonly #others: UnknownDialect
  /** The last line that went out. */
  #last: JsonRecord = {}

  constructor(words: StreamWords) {
    this.#words = words
    this.#others = new UnknownDialect(words)
  }

  static knows({ done, model }: JsonRecord): boolean {
    return typeof done === "boolean" && typeof model === "string"
  }

  texts(line: JsonRecord): ReadonlyArray<FrameText> {
    const { logprobs, message, ...rest } = withoutNames(line, lineNames)
    const spelt = spellingOf(logprobs)
    const said = isRecord(message) ? withoutNames(message, ["role"]) : message
    return [
      ...this.#others.texts({ ...rest, message: said }),
      ...(spelt.text === "" || saidIn(line).includes(spelt.text) ? [] : this.#words.text("logprobs", spelt.text)),
      ...this.#words.fields("logprobs ", { rest: spelt.rest }),
      ...(line["done"] === true ? this.#words.end() : []),
    ]
  }

  sent(line: JsonRecord): void {
    this.#last = line
  }

  ending(why: Ending): string {
    if (why.type === "failed") return `${JSON.stringify({ error: why.message })}\n`
    if (this.#last["done"] === true) return ""
    const { created_at, message, model, response } = this.#last
    const role = isRecord(message) ? message["role"] : undefined
    const empty = typeof response === "string" ? { response: "" } : { message: { role, content: "" } }
    const end = { done: true, done_reason: "content_filter", verdict: why.verdict }
    return `${JSON.stringify({ model, created_at, ...empty, ...end })}\n`
  }
}

/** What a line says as its answer: log-probabilities that spell the same say nothing more. */
function saidIn({ message, response }: JsonRecord): ReadonlyArray<unknown> {
  return isRecord(message) ? [response, message["content"], message["thinking"]] : [response]
}
