/** Judges that ask services, against local servers that speak as the services' references say; they are not the services. */
import { inspect } from "node:util"
import { afterAll, assert, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { errorToPlain, guardWithJudge, InvalidRequestError, type Judge, JudgeError } from "../../../src/index.ts"
import {
  llamaGuard,
  modelArmor,
  moderateText,
  openaiModeration,
  perspective,
  qwen3Guard,
  type ServiceSettings,
} from "../../../src/guard/judges/index.ts"
import { JudgeServer } from "../../../../../test/JudgeServer.ts"

const apiKey = "sk-very-secret-1234"
const harmful = "How do I build a bomb?"
const harmless = "How do I bake bread?"

let server: JudgeServer
beforeAll(async () => void (server = await JudgeServer.start()))
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.faults = {}
  server.asked.length = 0
  server.left = 0
})

type Own = Omit<ServiceSettings, "baseUrl">

interface Service {
  readonly make: (settings?: Own) => Judge
  /** What says that the text is harmful, and its score. */
  readonly policy: string
  readonly score: number
  readonly path: string
  readonly header: readonly [string, string]
}

const armor = { project: "shop", location: "us-central1", template: "chat" }
const services: Readonly<Record<string, Service>> = {
  openaiModeration: {
    make: (own) => openaiModeration({ apiKey, baseUrl: `${server.url}/v1`, ...own }),
    policy: "violence",
    score: 0.93,
    path: "/v1/moderations",
    header: ["authorization", `Bearer ${apiKey}`],
  },
  modelArmor: {
    make: (own) => modelArmor({ ...armor, apiKey, baseUrl: `${server.url}/v1`, ...own }),
    policy: "dangerous",
    score: 0.9,
    path: "/v1/projects/shop/locations/us-central1/templates/chat:sanitizeUserPrompt",
    header: ["authorization", `Bearer ${apiKey}`],
  },
  perspective: {
    make: (own) => perspective({ apiKey, baseUrl: `${server.url}/v1alpha1`, ...own }),
    policy: "THREAT",
    score: 0.93,
    path: "/v1alpha1/comments:analyze",
    header: ["x-goog-api-key", apiKey],
  },
  moderateText: {
    make: (own) => moderateText({ apiKey, baseUrl: `${server.url}/v2`, ...own }),
    policy: "Firearms & Weapons",
    score: 0.93,
    path: "/v2/documents:moderateText",
    header: ["x-goog-api-key", apiKey],
  },
  llamaGuard: {
    make: (own) => llamaGuard({ apiKey, baseUrl: `${server.url}/v1`, model: "meta-llama/Llama-Guard-3-8B", ...own }),
    policy: "S9",
    score: 0.93,
    path: "/v1/chat/completions",
    header: ["authorization", `Bearer ${apiKey}`],
  },
  qwen3Guard: {
    make: (own) => qwen3Guard({ apiKey, baseUrl: `${server.url}/v1/`, model: "Qwen/Qwen3Guard-Gen-0.6B", ...own }),
    policy: "Violent",
    score: 0.96,
    path: "/v1/chat/completions",
    header: ["authorization", `Bearer ${apiKey}`],
  },
}

const ask = (judge: Judge, text: string, signal?: AbortSignal) => guardWithJudge({ judge }).input(text, { signal })
const failureOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each(Object.entries(services))("%s", (_, { header: [header, value], make, path, policy, score }) => {
  it("flags what its service flags, with the service's score, and passes the rest", async () => {
    const verdict = await ask(make(), harmful)
    const said = verdict.policies.find((one) => one.policy === policy)
    assert.isTrue(verdict.flagged)
    assert.isTrue(said?.flagged)
    assert.closeTo(said?.probability ?? 0, score, 1e-9)
    assert.isFalse((await ask(make(), harmless)).flagged)
    const [asked] = server.asked
    assert.strictEqual(asked?.path, path)
    assert.strictEqual(asked?.headers[header], value)
    assert.include(JSON.stringify(asked?.body), harmful)
    assert.notInclude(asked?.path, apiKey)
  })

  it("has a calibration and thresholds of its own", async () => {
    const judge = make({ calibration: { slope: 1, offset: -3 }, thresholds: 0.4 })
    const { policies } = await ask(judge, harmful)
    const said = policies.find((one) => one.policy === policy)
    assert.closeTo(said?.probability ?? 0, 1 / (1 + Math.exp(3 - Math.log(score / (1 - score)))), 1e-9)
    assert.strictEqual(said?.threshold, 0.4)
    assert.strictEqual(
      (await ask(make({ thresholds: { [policy]: 1 } }), harmful)).policies.find((one) => one.policy === policy)
        ?.flagged,
      false,
    )
  })

  it("judges the answer of an exchange, and a long one in pieces, of which the worst counts", async () => {
    const guard = guardWithJudge({ judge: make({ pieceCharacters: 40 }), input: false, mode: "buffer" })
    const long = `${"This is a harmless sentence. ".repeat(4)}Here is how you build a bomb.${" And more of it.".repeat(4)}`
    const { blocked } = await guard.text(async () => long)("Tell me.")
    assert.strictEqual(blocked?.reason, "flagged")
    assert.isAbove(server.asked.length, 3)
  })

  it("keeps what a piece says where another one cannot be judged, and fails where none holds the text back", async () => {
    const answers = (isHarmful: boolean) => async (url: string | URL | Request, init?: RequestInit) => {
      const text = typeof init?.body === "string" ? init.body : ""
      if (text.includes("cannot")) return new Response("", { status: 503 })
      return fetch(url, { ...init, body: isHarmful ? text : text.replaceAll("bomb", "cake") })
    }
    const text = `Build a bomb. ${"And more of it. ".repeat(4)}You cannot.`
    const judged = (own: Own) => ask(make({ pieceCharacters: 40, ...own }), text)
    assert.isTrue((await judged({ fetch: answers(true) })).flagged)
    assert.propertyVal(await failureOf(judged({ fetch: answers(false) })), "status", 503)
    assert.propertyVal(await failureOf(judged({ fetch: answers(true), action: "flag" })), "status", 503)
  })

  it("asks nobody about an empty text", async () => {
    assert.isFalse((await ask(make(), "  ")).flagged)
    assert.isEmpty(server.asked)
  })

  const refusals: ReadonlyArray<readonly [string, JudgeServer["faults"], string, number | undefined]> = [
    [
      "a wrong key",
      { status: 401, body: `{"error":{"message":"Incorrect key ${apiKey}","code":"invalid_api_key"}}` },
      "401 (invalid_api_key)",
      401,
    ],
    [
      "no quota",
      { status: 429, body: `{"error":{"status":"RESOURCE_EXHAUSTED","code":429}}` },
      "429 (RESOURCE_EXHAUSTED)",
      429,
    ],
    ["a service that is down", { status: 503, body: "<html>" }, "503", 503],
    ["no JSON", { body: "<html>fine</html>" }, "no JSON object", undefined],
    ["a document of another kind", { body: `{"ok":true}` }, "cannot be read", undefined],
    ["a redirect", { status: 302, headers: { location: "https://example.com/" } }, "cannot be reached", undefined],
    ["an endless answer", { body: `{"a":"${"a".repeat(1100000)}"}` }, "more than 1048576 bytes", undefined],
  ]
  it.each(refusals)("fails on %s, and tells neither key nor text", async (_, faults, problem, status) => {
    server.faults = faults
    const error = await failureOf(ask(make(), harmful))
    assert.instanceOf(error, JudgeError)
    assert.include(error.message, problem)
    assert.strictEqual(error.status, status)
    const told = `${inspect(error, { depth: 9 })}${JSON.stringify(errorToPlain(error))}${error.stack ?? ""}${inspect(make(), { depth: 9 })}`
    assert.notInclude(told, apiKey)
    assert.notInclude(told, harmful)
  })

  it("fails when its service is slow, and lets it go", async () => {
    server.faults = { isSilent: true }
    const error = await failureOf(ask(make({ timeoutMs: 60 }), harmful))
    assert.instanceOf(error, JudgeError)
    assert.include(error.message, "within 60 ms")
    await expect.poll(() => server.left).toBe(1)
  })

  it("stops with its call", async () => {
    server.faults = { isSilent: true }
    const leaving = new AbortController()
    const asked = failureOf(ask(make(), harmful, leaving.signal))
    await expect.poll(() => server.asked.length).toBe(1)
    leaving.abort(new Error("gone"))
    assert.propertyVal(await asked, "message", "gone")
    await expect.poll(() => server.left).toBe(1)
  })

  it.each([
    ["an unknown option", { modle: "x" }, "modle"],
    ["a key that no header takes", { apiKey: "a\nb" }, "apiKey"],
    ["an address that is none", { baseUrl: "ftp://x" }, "baseUrl"],
    ["a threshold beyond 1", { thresholds: { hate: 2 } }, "thresholds.hate"],
    ["a calibration without a slope", { calibration: { hate: { offset: 1 } } }, "calibration.hate"],
    ["no time at all", { timeoutMs: 0 }, "timeoutMs"],
  ])("refuses %s", (_, own, option) => {
    // What JavaScript may pass.
    const error = catching(() => make(own as Own))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, option)
    assert.notInclude(error.message, "a\nb")
  })
})

function catching(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}

describe("what OpenAI flags", () => {
  it.each([
    ["a category without a score", { flagged: true, categories: { violence: false, new: true } }],
    ["no category that it names", { flagged: true, categories: {} }],
    ["nothing that it names any more", { flagged: true }],
  ])("counts, for %s", async (_, told) => {
    const fetch = async () => Response.json({ results: [{ ...told, category_scores: { violence: 0.01 } }] })
    const { flagged, policies } = await ask(openaiModeration({ apiKey, fetch }), harmless)
    assert.deepEqual([flagged, policies.map(({ policy }) => policy)], [true, ["violence", "other"]])
  })
})

describe("keys", () => {
  it("are asked for anew for each request", async () => {
    let count = 0
    const judge = openaiModeration({ apiKey: async () => `key-${++count}`, baseUrl: server.url })
    await ask(judge, harmless)
    await ask(judge, harmless)
    assert.deepEqual(
      server.asked.map(({ headers }) => headers.authorization),
      ["Bearer key-1", "Bearer key-2"],
    )
  })

  it("that cannot be had fail without what the store said", async () => {
    const judge = openaiModeration({ apiKey: () => Promise.reject(new Error(`no ${apiKey}`)), baseUrl: server.url })
    const error = await failureOf(ask(judge, harmless))
    assert.instanceOf(error, JudgeError)
    assert.notInclude(inspect(error), apiKey)
    assert.isEmpty(server.asked)
  })

  it("are refused in a page", () => {
    Object.assign(globalThis, { document: {} })
    try {
      expect(() => openaiModeration({ apiKey })).toThrow("a page's keys are everybody's")
    } finally {
      Reflect.deleteProperty(globalThis, "document")
    }
  })
})

describe("what a service says itself", () => {
  it("counts where no threshold was given: OpenAI flags from less than a half", async () => {
    const { flagged, policies } = await ask(services["openaiModeration"]!.make(), "A maybe.")
    assert.isTrue(flagged)
    assert.deepInclude(
      policies.find(({ policy }) => policy === "violence"),
      { probability: 0.3, threshold: 0.3 },
    )
    assert.isFalse((await ask(services["openaiModeration"]!.make({ thresholds: 0.5 }), "A maybe.")).flagged)
  })

  it.each([
    ["a filter that was skipped", { executionState: "EXECUTION_SKIPPED", matchState: "NO_MATCH_FOUND" }],
    ["a filter that says nothing", { executionState: "EXECUTION_SUCCESS" }],
  ])("is no judgement of Model Armor's with %s", async (_, result) => {
    const filterResults = { csam: { csamFilterFilterResult: result } }
    server.faults = {
      body: JSON.stringify({
        sanitizationResult: { filterMatchState: "NO_MATCH_FOUND", invocationResult: "SUCCESS", filterResults },
      }),
    }
    assert.instanceOf(await failureOf(ask(services["modelArmor"]!.make(), harmless)), JudgeError)
  })

  it("counts in Model Armor when it matches what is new to us", async () => {
    const filterResults = {
      csam: { csamFilterFilterResult: { executionState: "EXECUTION_SUCCESS", matchState: "NO_MATCH_FOUND" } },
    }
    server.faults = {
      body: JSON.stringify({
        sanitizationResult: { filterMatchState: "MATCH_FOUND", invocationResult: "SUCCESS", filterResults },
      }),
    }
    assert.isTrue((await ask(services["modelArmor"]!.make(), harmless)).flagged)
  })

  it("is controversial to Qwen3Guard: flagged, unless the app allows it", async () => {
    const options = { baseUrl: server.url, model: "Qwen/Qwen3Guard-Gen-4B" }
    const flagging = await ask(qwen3Guard(options), "A maybe.")
    assert.isTrue(flagging.flagged)
    assert.closeTo(flagging.policies[0]!.probability, 0.9, 1e-9)
    const allowing = await ask(qwen3Guard({ ...options, controversial: "allow" }), "A maybe.")
    assert.isFalse(allowing.flagged)
    assert.closeTo(allowing.policies[0]!.probability, 0.2, 1e-9)
  })

  it("is yes or no where a server tells no log-probabilities", async () => {
    server.faults = { hasNoLogprobs: true }
    for (const name of ["llamaGuard", "qwen3Guard"]) {
      assert.strictEqual((await ask(services[name]!.make(), harmful)).policies[0]?.probability, 1)
      assert.strictEqual((await ask(services[name]!.make(), harmless)).policies[0]?.probability, 0)
    }
  })

  it("is asked without log-probabilities of a server that refuses to tell them", async () => {
    server.faults = { refusesLogprobs: true, hasNoLogprobs: true }
    const options = { baseUrl: server.url, model: "meta-llama/llama-guard-4-12b" }
    assert.include(((await failureOf(ask(llamaGuard(options), harmful))) as Error).message, "logprobs: false")
    assert.strictEqual((await ask(llamaGuard({ ...options, logprobs: false }), harmful)).policies[0]?.probability, 1)
    expect(() => qwen3Guard({ ...options, logprobs: "no" } as never)).toThrow("logprobs")
  })

  it.each(["I cannot judge this.", "unsafe\nbecause of S1", "safety first", ""])(
    "is no judgement of Llama Guard's: %j",
    async (content) => {
      server.faults = { body: JSON.stringify({ choices: [{ message: { content } }] }) }
      assert.instanceOf(await failureOf(ask(services["llamaGuard"]!.make(), harmless)), JudgeError)
      assert.instanceOf(await failureOf(ask(services["qwen3Guard"]!.make(), harmless)), JudgeError)
    },
  )

  it("is asked of guards in their templates' roles: the answer last", async () => {
    const guard = guardWithJudge({ judge: services["llamaGuard"]!.make(), input: false })
    await guard.text(async () => "Mix flour and water.")(harmless)
    assert.deepEqual(server.asked.at(-1)?.body.messages, [
      { role: "user", content: harmless },
      { role: "assistant", content: "Mix flour and water." },
    ])
    assert.deepInclude(server.asked.at(-1)?.body, { temperature: 0, logprobs: true })
  })

  it("is worth nothing in a language that Natural Language does not know", async () => {
    server.faults = {
      body: JSON.stringify({ moderationCategories: [{ name: "Toxic", confidence: 0 }], languageSupported: false }),
    }
    assert.instanceOf(await failureOf(ask(services["moderateText"]!.make(), harmless)), JudgeError)
  })
})
