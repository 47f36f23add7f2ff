/** What a judge cuts out of answers behind `shield()`: the rest goes out in the format in which it came. */
import { anyOf, patterns, personalData, wordList } from "@facet/sdk/judges"
import { Hono } from "hono"
import { describe, expect, test } from "vitest"
import { shield, type ShieldReport, type ShieldRouteOptions } from "../src/index.ts"
import * as answers from "./fixtures/answers.ts"

const text = "Write to jane@example.com today. That is all there is."
const judge = personalData({ kinds: ["email"], action: "redact" })

async function answered(body: string, type: string, options: ShieldRouteOptions = {}) {
  const reports: Array<ShieldReport> = []
  const app = new Hono()
  app.use(shield({ judge, input: false, onReport: (report) => reports.push(report), ...options }))
  app.get("/", () => new Response(body, { headers: { "content-type": type, "content-length": String(body.length) } }))
  const response = await app.request("/")
  return { body: await response.text(), report: reports[0], response }
}

/** All that the strings of the answer's JSON documents say. */
function said(body: string, name: RegExp): string {
  const lines = body.split("\n").map((line) => line.replace(/^data: ?/, ""))
  const texts: Array<string> = []
  for (const line of lines) {
    if (!line.startsWith("{")) continue
    JSON.parse(line, (key, value: unknown) => {
      if (name.test(key) && typeof value === "string") texts.push(value)
      return value
    })
  }
  return texts.join("")
}

const events = "text/event-stream"
const left = text.replace("jane@example.com", "[email]")

test.each([
  ["chat completions", answers.chatStream(text), events, /^content$/],
  ["completions", answers.completionStream(text), events, /^text$/],
  ["a UI message stream", answers.uiText(text), events, /^delta$/],
  ["Ollama's lines", answers.ollamaLines(text), "application/x-ndjson", /^(content|response)$/],
])("%s say the rest, token by token", async (_, body, type, name) => {
  const { body: told, report, response } = await answered(body, type)
  expect(response.status).toBe(200)
  expect(said(told, name)).toContain(left)
  expect(told).not.toMatch(/@|jane|e\.com/)
  expect(report).toMatchObject({ outcome: "done", redactedCharacters: 16, leakedCharacters: 0 })
})

test("what tells a whole text at the end tells it so, too", async () => {
  const { body } = await answered(answers.responsesStream(text, text), events)
  expect(said(body, /^delta$/)).toContain(left)
  expect(said(body, /^text$/)).toContain(left)
  expect(body).not.toMatch(/@|jane/)
})

test.each([
  ["a chat completion", JSON.stringify(answers.chatJson(text)), "application/json"],
  ["an answer of the Responses API", JSON.stringify(answers.responsesJson(text)), "application/json"],
  ["any JSON", JSON.stringify({ answer: text, note: "Nothing." }), "application/json"],
  ["text", text, "text/plain"],
  ["events that are no JSON", answers.plainEvents(text), events],
])("%s says the rest, and its length is not told as it was", async (_, given, type) => {
  const { body, response } = await answered(given, type)
  expect(response.status).toBe(200)
  expect(body).toContain("[email]")
  expect(body).not.toMatch(/@|jane/)
  expect(response.headers.get("content-length")).toBe(null)
})

test("what cannot be said without it is held back", async () => {
  const hidden = await answered(JSON.stringify({ answer: "k.i.w.i" }), "application/json", {
    judge: wordList({ words: ["kiwi"], action: "redact" }),
  })
  expect(hidden.response.status).toBe(422)
  const key = await answered(JSON.stringify({ "jane@example.com is her address": 1 }), "application/json")
  expect(key.response.status).toBe(422)
})

test("names of the protocol stay, whatever the answer says", async () => {
  const digits = patterns({ patterns: { digit: /\d/ }, longest: 1, action: "redact" })
  const { body } = await answered(answers.uiText("It is 0 or 1, so."), events, { judge: digits })
  expect(said(body, /^delta$/)).toContain("It is [digit] or [digit], so.")
  expect(said(body, /^id$/)).toBe(said(answers.uiText("It is 0 or 1, so."), /^id$/))
})

describe("what comes in", () => {
  const mail = "jane@example.com"
  const json = "application/json"

  /** What the handler reads of a request, and how it is told of. */
  async function read(
    body: string | ArrayBuffer | URLSearchParams,
    type: string,
    options: ShieldRouteOptions = {},
    headers = {},
    isReadBefore = false,
  ) {
    const reports: Array<ShieldReport> = []
    const app = new Hono()
    if (isReadBefore) app.use(async (c, next) => (await c.req.text(), next()))
    app.use(shield({ judge, output: false, onReport: (report) => reports.push(report), ...options }))
    app.post("/", async (c) => c.json({ text: await c.req.text(), headers: c.req.header() }))
    const response = await app.request("/", { method: "POST", body, headers: { "content-type": type, ...headers } })
    const { headers: told = {}, text: left } = response.ok
      ? ((await response.json()) as { readonly text: string; readonly headers?: Record<string, string> })
      : { text: undefined }
    return { left, told, report: reports[0], status: response.status }
  }
  const chat = (...messages: ReadonlyArray<object>) => JSON.stringify({ n: 1, messages })
  const user = (content: unknown) => ({ role: "user", content })

  test.each([
    ["a prompt", JSON.stringify({ prompt: `I am ${mail}.`, n: 1 }), json],
    ["a chat", chat(user(`I am ${mail}.`), { role: "assistant", content: "Hi." }, user("Well?")), json],
    ["parts of a message", chat(user([{ type: "text", text: `I am ${mail}.` }])), json],
    ["a UI message", chat({ id: "m", role: "user", parts: [{ type: "text", text: `${mail} is me.` }] }), json],
    ["any JSON", JSON.stringify([{ note: mail, numbers: [1] }]), json],
    ["JSON in a string", JSON.stringify({ note: JSON.stringify({ to: mail }) }), json],
    ["text", `I am ${mail}.`, "text/plain"],
  ])("is read without it: %s", async (_, body, type) => {
    const { left, report, status } = await read(body, type)
    expect([status, left]).toStrictEqual([200, body.replace(mail, "[email]")])
    expect(report).toMatchObject({ outcome: "done", redactedInputCharacters: mail.length })
  })

  test("is read without it: a form, and what came compressed", async () => {
    const form = await read(new URLSearchParams({ a: `I am ${mail}.`, b: "&" }), "application/x-www-form-urlencoded")
    expect([...new URLSearchParams(form.left)]).toStrictEqual([
      ["a", "I am [email]."],
      ["b", "&"],
    ])
    const body = new Response(new Blob([`I am ${mail}.`]).stream().pipeThrough(new CompressionStream("gzip")))
    const zipped = await read(await body.arrayBuffer(), "text/plain", {}, { "content-encoding": "gzip", digest: "x" })
    expect(zipped.left).toBe("I am [email].")
    expect(zipped.told).not.toHaveProperty("content-encoding")
    expect(zipped.told).not.toHaveProperty("digest")
  })

  test("leaves what nobody judges as it is", async () => {
    const body = chat(
      { role: "system", content: `Write to help@example.org.` },
      user(`I am ${mail}, not help@example.org.`),
    )
    const { left } = await read(body, json, { roles: ["user"] })
    expect(left).toContain("Write to help@example.org.")
    expect(left).toContain("I am [email], not [email].")
  })

  test.each([
    ["a name that programs read", JSON.stringify({ id: mail, prompt: "Hi." }), json],
    ["the name of a field", JSON.stringify({ [`${mail} is`]: 1 }), json],
    ["an address", JSON.stringify({ link: "https://a.example/kiwi" }), json],
    ["an encoded address", JSON.stringify({ prompt: "A kiwi. https://a.example/%6Biwi" }), json],
    ["a file", JSON.stringify({ prompt: { data: btoa(`I am ${mail}.`), mediaType: "text/plain" } }), json],
    ["a data: address", JSON.stringify({ url: `data:text/plain;base64,${btoa(`I am ${mail}.`)}` }), json],
    [
      "two parts of a text",
      chat(
        user([
          { type: "text", text: "jane@exa" },
          { type: "text", text: "mple.com" },
        ]),
      ),
      json,
    ],
    ["two messages", chat(user("She is Jane"), user("Doe.")), json],
  ])("is blocked where it stands in %s", async (_, body, type) => {
    const names = patterns({ patterns: { name: /kiwi|jane doe/i }, action: "redact" })
    expect((await read(body, type, { judge: anyOf([judge, names]) })).status).toBe(422)
  })

  test("is blocked where it cannot be written: forms of files, texts of one's own, what was read before", async () => {
    const form = new FormData()
    form.append("a", `I am ${mail}.`)
    const app = new Hono().use(shield({ judge, output: false })).post("/", (c) => c.text("read"))
    expect((await app.request("/", { method: "POST", body: form })).status).toBe(422)
    expect((await read(mail, "text/plain", { extract: (c) => c.req.text() })).status).toBe(422)
    expect((await read(mail, "text/plain", {}, {}, true)).status).toBe(422)
    expect((await read(mail, "text/plain", { input: "parallel" })).status).toBe(422)
  })

  test("goes through as it came with an audit", async () => {
    const { left, report } = await read(`I am ${mail}.`, "text/plain", { mode: "audit" })
    expect(left).toBe(`I am ${mail}.`)
    expect(report?.verdicts.input?.flagged).toBe(true)
  })
})
