import { Facet } from "@facet/sdk"
import { Hono } from "hono"
import { afterAll, beforeAll, expect, test } from "vitest"
import { effects, openai, shield } from "../src/index.ts"
import { harmless } from "./fixtures/sentences.ts"

let facet: Facet

beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

/** As Next.js hands requests to its routes: what they have can be read, and none of their private fields is there. */
const proxied = <A extends object>(target: A): A =>
  new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (value instanceof Headers) return proxied(value)
      return typeof value === "function" ? value.bind(target) : value
    },
  })

const post = (path: string, body: object): Request =>
  proxied(
    new Request(`http://localhost${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", "x-own": "1" },
    }),
  )

test("a guarded route takes requests that are Proxies, and its handler reads them", async () => {
  const app = new Hono()
  app.use(shield({ facet, policies: ["dangerous_content"] }))
  app.post("/c", async (c) => c.json([await c.req.json(), c.req.header("x-own"), c.req.raw.method]))
  app.post("/raw", async (c) => c.json(await c.req.raw.clone().json()))
  const body = { prompt: harmless.question }
  const answer = await app.fetch(post("/c", body))
  expect([answer.status, await answer.json()]).toStrictEqual([200, [body, "1", "POST"]])
  expect(await (await app.fetch(post("/raw", body))).json()).toStrictEqual(body)
})

test("so do the servers", async () => {
  const app = new Hono()
  app.route("/", openai({ facet }))
  app.route("/", effects({ facet }))
  expect((await app.fetch(post("/v1/moderations", { input: harmless.question }))).status).toBe(200)
  expect((await app.fetch(post("/facet/shield", { content: harmless.question }))).status).toBe(200)
})
