/** The effects on tokens, of the model behind a server. */
import { type CallOptions, splitCallOptions } from "../words/CallOptions.ts"
import type { Prompt } from "../words/Prompt.ts"
import type { EncodeOptions, RenderedPrompt, RenderOptions } from "../words/RenderedPrompt.ts"
import type { Tokens } from "./Effects.ts"
import type { RemoteServer } from "./RemoteServer.ts"
import { countFromJson, idsFromJson, renderedFromJson, textFromJson } from "./TokensDocument.ts"

export class RemoteTokens implements Tokens {
  readonly #server: RemoteServer

  constructor(server: RemoteServer) {
    this.#server = server
  }

  /** How many tokens `generate` would read of a prompt: its `usage.promptTokens`. */
  async count(prompt: Prompt, options: RenderOptions & CallOptions = {}): Promise<number> {
    const { call, rest } = splitCallOptions(options)
    const expected = { reader: countFromJson, otherwise: "no count" }
    return (await this.#server.answer("tokens.count", { subject: prompt, options: rest }, call, expected)).count
  }

  /** The ids of a text, in which control tokens that are spelt out are plain text; `<bos>` first unless `bos` is false. */
  async encode(text: string, options: EncodeOptions & CallOptions = {}): Promise<ReadonlyArray<number>> {
    const { call, rest } = splitCallOptions(options)
    const expected = { reader: idsFromJson, otherwise: "no tokens" }
    return (await this.#server.answer("tokens.encode", { subject: text, options: rest }, call, expected)).tokens
  }

  /** The text of token ids, without control tokens. */
  async decode(ids: ReadonlyArray<number>, options: CallOptions = {}): Promise<string> {
    const { call, rest } = splitCallOptions(options)
    const expected = { reader: textFromJson, otherwise: "no text" }
    return (await this.#server.answer("tokens.decode", { subject: ids, options: rest }, call, expected)).text
  }

  /** A chat in the model's template, as ids and as text: to be generated from, scored or inspected. */
  async render(prompt: Prompt, options: RenderOptions & CallOptions = {}): Promise<RenderedPrompt> {
    const { call, rest } = splitCallOptions(options)
    const expected = { reader: renderedFromJson, otherwise: "no rendered prompt" }
    return this.#server.answer("tokens.render", { subject: prompt, options: rest }, call, expected)
  }
}
