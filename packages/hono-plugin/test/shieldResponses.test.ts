import { Facet } from "@facet/sdk"
import { isRecord } from "@facet/sdk/words"
import { Hono } from "hono"
import { hc } from "hono/client"
import { afterAll, beforeAll, expect, expectTypeOf, test } from "vitest"
import { type BlockedProblem, shield, shieldResponses, type ShieldVariables } from "../src/index.ts"
import { harmful, harmless } from "./fixtures/sentences.ts"

let facet: Facet

beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

const makeApp = () =>
  new Hono<{ Variables: ShieldVariables }>().post("/chat", shield({ facet, policies: ["dangerous_content"] }), (c) => {
    expectTypeOf(c.var.shield.signal).toEqualTypeOf<AbortSignal>()
    return c.json({ answer: "Mix flour and water." }, 200)
  })

type App = ReturnType<typeof makeApp>

const chat = (prompt: string) => {
  const app = makeApp()
  const client = hc<App>("http://localhost", {
    fetch: (url: string | URL | Request, init?: RequestInit) => app.request(url, init),
  })
  return client.chat.$post(undefined, {
    init: { body: JSON.stringify({ prompt }), headers: { "content-type": "application/json" } },
  })
}

test("Hono's client knows the answer of the handler and the problem with the verdict", async () => {
  const good = await chat(harmless.question)
  const bad = await chat(harmful.question)
  expect([good.status, bad.status]).toStrictEqual([200, 422])
  if (good.status === 200) {
    const body = await good.json()
    expectTypeOf(body).toEqualTypeOf<{ answer: string }>()
    expect(body.answer).toBe("Mix flour and water.")
  }
  if (bad.status === 422) {
    const body = await bad.json()
    expectTypeOf(body).toEqualTypeOf<BlockedProblem>()
    expect(body.verdict.policies[0]?.policy).toBe("dangerous_content")
  }
})

/** Whether a value is what a schema says, and has nothing that the schema does not know. */
function check(value: unknown, schema: Readonly<Record<string, unknown>>, place: string): void {
  const { enum: allowed, items, properties = {}, required = [], type } = schema
  if (Array.isArray(allowed)) expect(allowed, place).toContain(value)
  if (type === "array" && Array.isArray(value) && isRecord(items)) {
    for (const item of value) check(item, items, `${place}[]`)
  } else if (type === "object" && isRecord(value) && isRecord(properties)) {
    expect(Object.keys(value), place).toStrictEqual(expect.arrayContaining(Array.isArray(required) ? required : []))
    for (const [name, field] of Object.entries(value)) {
      const known = properties[name]
      expect(isRecord(known), `${place}.${name}`).toBe(true)
      if (isRecord(known)) check(field, known, `${place}.${name}`)
    }
  } else {
    expect(type === "integer" ? "number" : type, place).toBe(typeof value)
  }
}

test("what OpenAPI is told is what is answered", async () => {
  const app = new Hono()
  app.use(shield({ facet, policies: ["dangerous_content"] }))
  app.post("/", () => new Response("x", { headers: { "content-type": "image/png" } }))
  const ask = (body: string, type = "application/json") =>
    app.request("/", { method: "POST", body, headers: { "content-type": type } })
  const asked = await Promise.all([
    ask("{"),
    ask("x", "image/png"),
    ask(JSON.stringify({ prompt: harmful.question })),
    ask(JSON.stringify({ prompt: harmless.question })),
    app.request("/", { headers: { upgrade: "websocket" } }),
  ])
  expect(asked.map(({ status }) => status)).toStrictEqual([400, 415, 422, 502, 501])
  const described = new Map(Object.entries(shieldResponses))
  for (const answer of asked) {
    const told = described.get(String(answer.status))
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    check(await answer.json(), told?.content["application/problem+json"].schema ?? {}, String(answer.status))
  }
})
