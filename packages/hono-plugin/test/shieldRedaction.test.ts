/** What a judge cuts out of answers behind `shield()`: the rest goes out in the format in which it came. */
import { patterns, personalData, wordList } from "@facet/sdk/judges"
import { Hono } from "hono"
import { expect, test } from "vitest"
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
