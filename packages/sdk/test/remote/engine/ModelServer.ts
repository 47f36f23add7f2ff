/** A server with one model, in the shapes of OpenAI's API and of llama.cpp's server. Faults are planted by the test. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** Log-probabilities of the first token, by its text. */
type Told = Readonly<Record<string, number>>

const ids: Readonly<Record<string, number>> = {
  Yes: 7,
  No: 8,
  "<bos>": 2,
  "<start_of_turn>": 106,
  "<end_of_turn>": 107,
}

export class ModelServer implements AsyncDisposable {
  readonly asked: Array<{ readonly path: string; readonly key: string | undefined; readonly body: Body }> = []
  told: Told = { Yes: Math.log(0.75), No: Math.log(0.25) }
  isLlamaCpp = false
  /** Answers in place of the next ones. */
  readonly faults: Array<{
    readonly status: number
    readonly headers?: Record<string, string>
    readonly body?: string
  }> = []
  /** Pieces of a stream, and whether it then ends, breaks off, or goes on for ever. */
  pieces: ReadonlyArray<string> = ["A fox", " sleeps."]
  end: "done" | "cut" | "never" = "done"
  /** Streams whose client left. */
  left = 0
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async start(): Promise<ModelServer> {
    const server = new ModelServer()
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve))
    return server
  }

  get url(): string {
    // A server that listens on a port has an address of that form.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Array<Uint8Array> = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const body: Body = text === "" ? {} : JSON.parse(text)
    const path = request.url ?? ""
    this.asked.push({ path, key: request.headers.authorization, body })
    const fault = this.faults.shift()
    if (fault !== undefined) return void response.writeHead(fault.status, fault.headers).end(fault.body ?? "")
    if (body.stream === true) return this.#stream(response)
    const document = this.#document(path, body)
    response.writeHead(document === undefined ? 404 : 200, { "Content-Type": "application/json" })
    response.end(JSON.stringify(document ?? { error: { type: "not_found_error", message: "secret" } }))
  }

  #document(path: string, { content = "", parse_special: isSpecial }: Body): object | undefined {
    const top = Object.entries(this.told)
    switch (path) {
      case "/v1/models":
        return { data: [{ id: "gemma", meta: { n_ctx: 512 }, ...(this.isLlamaCpp && { owned_by: "llamacpp" }) }] }
      case "/v1/completions":
        return {
          choices: [
            {
              text: "Yes",
              logprobs: { tokens: [top[0]?.[0]], token_logprobs: [top[0]?.[1]], top_logprobs: [this.told] },
            },
          ],
          usage: { prompt_tokens: 90 },
        }
      case "/tokenize": {
        const known = isSpecial === true || !content.startsWith("<") ? ids[content] : undefined
        return {
          tokens: known === undefined ? Array.from(content, (character) => 1000 + character.charCodeAt(0)) : [known],
        }
      }
      case "/completion": {
        const told = top.map(([token, logprob]) => ({ id: ids[token] ?? 99, token, logprob }))
        return { completion_probabilities: [{ top_logprobs: told }], timings: { cache_n: 1 } }
      }
    }
    return undefined
  }

  #stream(response: ServerResponse): void {
    response.on("close", () => void (response.writableFinished || this.left++))
    response.writeHead(200, { "Content-Type": "text/event-stream" })
    for (const content of this.pieces) response.write(event({ choices: [{ delta: { content } }] }))
    if (this.end === "never") return
    if (this.end === "cut") return void setTimeout(() => response.destroy(), 10)
    response.write(event({ choices: [{ delta: {}, finish_reason: "stop" }] }))
    response.write(event({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 5 } }))
    response.end("data: [DONE]\n\n")
  }
}

const event = (document: object): string => `data: ${JSON.stringify(document)}\n\n`

export interface Body {
  readonly stream?: boolean
  readonly content?: string
  readonly parse_special?: boolean
  readonly prompt?: string | ReadonlyArray<number>
  readonly messages?: ReadonlyArray<{ readonly role: string; readonly content: string }>
  readonly seed?: number
  readonly stop?: ReadonlyArray<string>
}
