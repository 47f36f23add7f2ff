/** The effects on tokens for people who do not use Effect. */
import type * as Effect from "effect/Effect"
import { type CallOptions, splitCallOptions } from "../words/CallOptions.ts"
import { checkKnown } from "../words/Checks.ts"
import type { FacetError } from "../words/Errors.ts"
import type { Opened } from "../words/Opened.ts"
import type { Prompt } from "../words/Prompt.ts"
import type { EncodeOptions, RenderedPrompt, RenderOptions } from "../words/RenderedPrompt.ts"
import { loadSeldomAsked } from "./loadSeldomAsked.ts"

type Run = <A>(effect: Effect.Effect<A, FacetError, Opened>, call: CallOptions) => Promise<A>

export class PromiseTokens {
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  /** How many tokens `generate` would read of a prompt: its `usage.promptTokens`. */
  async count(prompt: Prompt, options: RenderOptions & CallOptions = {}): Promise<number> {
    const { call, rest } = splitCallOptions(options)
    const { tokens } = await loadSeldomAsked()
    return this.#run(tokens.count(prompt, rest), call)
  }

  /** The ids of a text, in which control tokens that are spelt out are plain text; `<bos>` first unless `bos` is false. */
  async encode(text: string, options: EncodeOptions & CallOptions = {}): Promise<ReadonlyArray<number>> {
    const { call, rest } = splitCallOptions(options)
    const { tokens } = await loadSeldomAsked()
    return this.#run(tokens.encode(text, rest), call)
  }

  /** The text of token ids, without control tokens. */
  async decode(ids: ReadonlyArray<number>, options: CallOptions = {}): Promise<string> {
    const { call, rest } = splitCallOptions(options)
    checkKnown(rest, [])
    const { tokens } = await loadSeldomAsked()
    return this.#run(tokens.decode(ids), call)
  }

  /** A chat in the model's template, as ids and as text: to be generated from, scored or inspected. */
  async render(prompt: Prompt, options: RenderOptions & CallOptions = {}): Promise<RenderedPrompt> {
    const { call, rest } = splitCallOptions(options)
    const { tokens } = await loadSeldomAsked()
    return this.#run(tokens.render(prompt, rest), call)
  }
}
