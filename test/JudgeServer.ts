/**
 * The judging services, as their references describe their requests and answers: OpenAI's moderation, Google's Model Armor,
 * Perspective and Natural Language, and a server of OpenAI's kind with a Llama Guard or a Qwen3Guard. A text with the word
 * `bomb` is harmful, one with `maybe` in between. Faults are planted by the test.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** What the services are asked, each of some of these. */
export interface JudgeBody {
  readonly model: string
  readonly input: string
  readonly userPromptData: { readonly text: string }
  readonly modelResponseData: { readonly text: string }
  readonly comment: { readonly text: string }
  readonly requestedAttributes: object
  readonly document: { readonly content: string }
  readonly messages: ReadonlyArray<{ readonly role: string; readonly content: string }>
  readonly logprobs?: boolean
  readonly temperature?: number
}

export interface AskedOfJudge {
  readonly path: string
  readonly headers: IncomingMessage["headers"]
  readonly body: JudgeBody
}

export interface JudgeFaults {
  readonly status?: number
  /** In place of the answer. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The answer never comes. */
  readonly isSilent?: boolean
  /** A server that tells no log-probabilities. */
  readonly hasNoLogprobs?: boolean
  /** A server that answers 400 when it is asked for them, as Groq does. */
  readonly refusesLogprobs?: boolean
}

const scoreOf = (text: string): number => (/bomb/i.test(text) ? 0.93 : /maybe/i.test(text) ? 0.3 : 0.02)

export class JudgeServer implements AsyncDisposable {
  readonly asked: Array<AskedOfJudge> = []
  faults: JudgeFaults = {}
  /** Requests whose client left before the answer. */
  left = 0
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async start(): Promise<JudgeServer> {
    const judges = new JudgeServer()
    await new Promise<void>((resolve) => judges.#server.listen(0, "127.0.0.1", resolve))
    return judges
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("close", () => (this.left += response.writableEnded ? 0 : 1))
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(chunk)
    const body: JudgeBody = JSON.parse(Buffer.concat(chunks).toString("utf8"))
    const path = request.url ?? ""
    this.asked.push({ path, headers: request.headers, body })
    const { faults } = this
    if (faults.isSilent === true) return
    const isRefused = faults.refusesLogprobs === true && ("logprobs" in body || "top_logprobs" in body)
    response.writeHead(isRefused ? 400 : (faults.status ?? 200), {
      "content-type": "application/json",
      ...faults.headers,
    })
    response.end(faults.body ?? JSON.stringify(this.#documentOf(path, body)))
  }

  #documentOf(path: string, body: JudgeBody): object {
    if (path.endsWith("/moderations")) return moderation(body.model, body.input)
    if (path.endsWith(":sanitizeUserPrompt")) return sanitization(body.userPromptData.text)
    if (path.endsWith(":sanitizeModelResponse")) return sanitization(body.modelResponseData.text)
    if (path.endsWith("/comments:analyze")) return analysis(body.comment.text, Object.keys(body.requestedAttributes))
    if (path.endsWith("/documents:moderateText")) return moderatedText(body.document.content)
    const content = body.messages.at(-1)?.content ?? ""
    const tokens = body.model.includes("Qwen") ? qwen(content, body.messages.length > 1) : llama(content)
    return completion(body.model, tokens, body.logprobs === true && this.faults.hasNoLogprobs !== true)
  }
}

function moderation(model: string, text: string): object {
  const score = scoreOf(text)
  return {
    id: "modr-1",
    model,
    results: [
      {
        flagged: score > 0.25,
        categories: { harassment: false, violence: score > 0.25, "self-harm": false },
        category_scores: { harassment: 0.01, violence: score, "self-harm": 0.0003 },
        category_applied_input_types: { harassment: ["text"], violence: ["text"], "self-harm": ["text"] },
      },
    ],
  }
}

function sanitization(text: string): object {
  const score = scoreOf(text)
  const isMatch = score > 0.25
  const state = isMatch ? "MATCH_FOUND" : "NO_MATCH_FOUND"
  const confidence = score > 0.5 ? "HIGH" : "LOW_AND_ABOVE"
  const executionState = "EXECUTION_SUCCESS"
  return {
    sanitizationResult: {
      filterMatchState: state,
      invocationResult: "SUCCESS",
      filterResults: {
        csam: { csamFilterFilterResult: { executionState, matchState: "NO_MATCH_FOUND" } },
        malicious_uris: { maliciousUriFilterResult: { executionState, matchState: "NO_MATCH_FOUND" } },
        pi_and_jailbreak: { piAndJailbreakFilterResult: { executionState, matchState: "NO_MATCH_FOUND" } },
        sdp: { sdpFilterResult: { inspectResult: { executionState, matchState: "NO_MATCH_FOUND" } } },
        rai: {
          raiFilterResult: {
            executionState,
            matchState: state,
            raiFilterTypeResults: {
              sexually_explicit: { matchState: "NO_MATCH_FOUND" },
              dangerous: { matchState: state, ...(isMatch && { confidenceLevel: confidence }) },
            },
          },
        },
      },
    },
  }
}

const analysis = (text: string, attributes: ReadonlyArray<string>): object => ({
  attributeScores: Object.fromEntries(
    attributes.map((name) => {
      const score = { value: name === "THREAT" ? scoreOf(text) : 0.01, type: "PROBABILITY" }
      return [name, { spanScores: [{ begin: 0, end: text.length, score }], summaryScore: score }]
    }),
  ),
  languages: ["en"],
  detectedLanguages: ["en"],
})

const moderatedText = (text: string): object => ({
  moderationCategories: [
    { name: "Toxic", confidence: 0.05 },
    { name: "Firearms & Weapons", confidence: scoreOf(text) },
  ],
  languageCode: "en",
  languageSupported: true,
})

/** What a model wrote, token by token, and the likeliest in each place. */
type Tokens = ReadonlyArray<readonly [token: string, likeliest: ReadonlyArray<readonly [string, number]>]>

function llama(text: string): Tokens {
  const unsafe = scoreOf(text)
  const blank = ["\n\n", [["\n\n", 1]]] as const
  const words = [
    ["unsafe", unsafe],
    ["safe", 1 - unsafe],
  ] as const
  if (unsafe < 0.5) return [blank, ["safe", words]]
  return [blank, ["unsafe", words], ["\nS9,S1", [["\nS9,S1", 1]]]]
}

function qwen(text: string, isAnswer: boolean): Tokens {
  const score = scoreOf(text)
  const said = score > 0.5 ? " Unsafe" : score > 0.25 ? " Controversial" : " Safe"
  const shares =
    score > 0.5
      ? ([
          [" Unsafe", 0.9],
          [" Cont", 0.06],
          [" Safe", 0.04],
        ] as const)
      : score > 0.25
        ? ([
            [" Unsafe", 0.2],
            [" Cont", 0.7],
            [" Safe", 0.1],
          ] as const)
        : ([
            [" Safe", 0.97],
            [" Cont", 0.02],
            [" Unsafe", 0.01],
          ] as const)
  const rest = `\nCategories: ${score > 0.25 ? "Violent" : "None"}${isAnswer ? "\nRefusal: No" : ""}`
  return [
    ["Safety", [["Safety", 1]]],
    [":", [[":", 1]]],
    [said, shares],
    [rest, [[rest, 1]]],
  ]
}

const completion = (model: string, tokens: Tokens, hasLogprobs: boolean): object => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model,
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: tokens.map(([token]) => token).join("") },
      finish_reason: "stop",
      logprobs: !hasLogprobs
        ? null
        : {
            content: tokens.map(([token, likeliest]) => ({
              token,
              logprob: -0.1,
              bytes: null,
              top_logprobs: likeliest.map(([other, share]) => ({
                token: other,
                logprob: Math.log(share),
                bytes: null,
              })),
            })),
          },
    },
  ],
  usage: { prompt_tokens: 10, completion_tokens: tokens.length, total_tokens: 10 + tokens.length },
})
