/** A server with one model, in the documented shapes of each kind. Faults are planted by the test. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { ServerKind } from "@facet/sdk"
import { type Body, type Model, shapes } from "./shapes.ts"

/** An answer in place of the next one. */
export interface Fault {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string
  /** Says nothing, for ever. */
  readonly isSilent?: boolean
  /** Sends the body and breaks off, or sends it letter by letter and never ends. */
  readonly end?: "cut" | "trickle"
}

export class ModelServer implements AsyncDisposable, Model {
  readonly asked: Array<{ readonly path: string; readonly key: string | undefined; readonly body: Body }> = []
  readonly faults: Array<Fault> = []
  /** Routes that it has not, as it is an older one. */
  readonly lacks = new Set<string>()
  kind: ServerKind = "openai"
  name = "gemma"
  contextLength = 8192
  /** Log-probabilities of the first token, by its text. Of a guard's two known questions it is sure. */
  told: Readonly<Record<string, number>> = { Yes: Math.log(0.75), No: Math.log(0.25) }
  knowsProbes = true
  /** How many of the likeliest it tells. */
  mostTold = 20
  /** Whether it does not know `logprob_token_ids`, and whether it tells probabilities after its masks. */
  ignoresIds = false
  masks = false
  /** Log-probability of every token that it says nothing of. */
  leastLogprob = -30
  /** Tokens that it finds in a chat of one turn and nothing else. */
  chatTokens = 18
  /** Tokens that it finds in a text of one letter. */
  letterTokens = 2
  /** Pieces of a stream, and whether it then ends, breaks off, or goes on for ever. */
  pieces: ReadonlyArray<string> = ["A fox", " sleeps."]
  end: "done" | "cut" | "never" = "done"
  /** Streams whose client left. */
  left = 0
  /** The most requests that it had at once. */
  most = 0
  #now = 0
  /** Milliseconds before each answer. */
  slowness = 0
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

  /** As it was when it started. */
  reset(): void {
    this.asked.length = 0
    this.faults.length = 0
    this.lacks.clear()
    Object.assign(this, { ...usual, left: 0, most: 0, slowness: 0 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** What it would say first. */
  answersTo(prompt: string): Readonly<Record<string, number>> {
    const sure = !this.knowsProbes
      ? undefined
      : prompt.includes("bomb")
        ? 0.95
        : prompt.includes("bread")
          ? 0.02
          : undefined
    const all = sure === undefined ? this.told : { Yes: Math.log(sure), No: Math.log1p(-sure) }
    return Object.fromEntries(Object.entries(all).toSorted(([, a], [, b]) => b - a))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Array<Uint8Array> = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const body: Body = text === "" ? {} : JSON.parse(text)
    const path = request.url ?? ""
    this.asked.push({ path, key: request.headers.authorization, body })
    this.most = Math.max(this.most, ++this.#now)
    response.on("close", () => this.#now--)
    const fault = this.faults.shift()
    if (fault !== undefined) return this.#fail(response, fault)
    if (this.slowness > 0) await new Promise((resolve) => setTimeout(resolve, this.slowness))
    if (body.stream === true) return this.#stream(path, response)
    const document = this.lacks.has(path) ? undefined : shapes[this.kind]?.(path, body, this)
    response.writeHead(document === undefined ? 404 : 200, { "Content-Type": "application/json" })
    response.end(JSON.stringify(document ?? { error: { type: "not_found_error", message: "secret" } }))
  }

  #fail(response: ServerResponse, { body = "", end, headers, isSilent, status = 200 }: Fault): void {
    if (isSilent === true) return
    response.writeHead(status, headers)
    if (end === undefined) return void response.end(body)
    if (end === "cut") return void response.write(body, () => setTimeout(() => response.destroy(), 5))
    const timer = setInterval(() => response.write(" "), 2)
    response.on("close", () => clearInterval(timer))
  }

  #stream(path: string, response: ServerResponse): void {
    response.on("close", () => void (response.writableFinished || this.left++))
    const { finish, mediaType, piece } = path.startsWith("/api/") ? ollamaStream(path) : openAiStream
    response.writeHead(200, { "Content-Type": mediaType })
    for (const content of this.pieces) response.write(piece(content))
    if (this.end === "never") return
    if (this.end === "cut") return void setTimeout(() => response.destroy(), 10)
    response.end(finish)
  }
}

const usual = {
  kind: "openai",
  name: "gemma",
  contextLength: 8192,
  told: { Yes: Math.log(0.75), No: Math.log(0.25) },
  knowsProbes: true,
  mostTold: 20,
  chatTokens: 18,
  letterTokens: 2,
  ignoresIds: false,
  masks: false,
  leastLogprob: -30,
  pieces: ["A fox", " sleeps."],
  end: "done",
}

const event = (document: object): string => `data: ${JSON.stringify(document)}\n\n`
const line = (document: object): string => `${JSON.stringify(document)}\n`

const openAiStream = {
  mediaType: "text/event-stream",
  piece: (content: string) => event({ choices: [{ delta: { content }, text: content }] }),
  finish: [
    event({ choices: [{ delta: {}, finish_reason: "stop" }] }),
    event({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 5 } }),
    "data: [DONE]\n\n",
  ].join(""),
}

const ollamaStream = (path: string) => ({
  mediaType: "application/x-ndjson",
  piece: (content: string) => line(path === "/api/chat" ? { message: { content } } : { response: content }),
  finish: line({ done: true, done_reason: "stop", prompt_eval_count: 9, eval_count: 5 }),
})
