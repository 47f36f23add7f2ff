/** Headers that other middleware sets stay, whatever becomes of an answer; those of its body go with it. */
import { Facet } from "@facet/sdk"
import { type Context, Hono } from "hono"
import { cors } from "hono/cors"
import { secureHeaders } from "hono/secure-headers"
import { setCookie } from "hono/cookie"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { shield, type ShieldRouteOptions } from "../src/index.ts"
import * as answers from "./fixtures/answers.ts"
import { harmful, harmless } from "./fixtures/sentences.ts"

let facet: Facet

beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

const origin = "https://app.example.com"

function inside(handler: (c: Context) => Response | Promise<Response>, options: ShieldRouteOptions = {}) {
  const app = new Hono()
  app.use(shield({ facet, policies: ["dangerous_content"], ...options }))
  app.use(cors({ origin, credentials: true, exposeHeaders: ["x-own"] }), secureHeaders())
  app.use(async (c, next) => {
    setCookie(c, "visit", "1")
    await next()
    c.header("x-own", "1")
  })
  app.all("/", handler)
  return app
}

const ask = (prompt = harmless.question): RequestInit => ({
  method: "POST",
  body: JSON.stringify({ prompt }),
  headers: { "content-type": "application/json", origin },
})

const ofBody = {
  "content-length": "3",
  "content-type": "application/json",
  "content-encoding": "identity",
  "content-language": "en",
  "content-location": "/there",
  "content-disposition": "attachment",
  "content-range": "bytes 0-1/2",
  "content-digest": "sha-256=:x:",
  etag: '"old"',
  "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT",
  "cache-control": "public, max-age=60",
  expires: "Mon, 01 Jan 2035 00:00:00 GMT",
}

const expectKept = (answer: Response) => {
  expect(answer.headers.get("access-control-allow-origin")).toBe(origin)
  expect(answer.headers.get("access-control-allow-credentials")).toBe("true")
  expect(answer.headers.get("access-control-expose-headers")).toBe("x-own")
  expect(answer.headers.get("set-cookie")).toBe("visit=1; Path=/")
  expect(answer.headers.get("content-type")).toBe("application/problem+json")
  for (const name of Object.keys(ofBody)) {
    if (name !== "content-type") expect([name, answer.headers.get(name)]).toStrictEqual([name, null])
  }
}

const stream = (body: string | ReadableStream) =>
  new Response(body, { headers: { ...ofBody, "content-type": "text/event-stream" } })
const never = () => new Promise<Response>(() => {})

describe("an answer in the place of the handler's", () => {
  test.each<readonly [string, number, (c: Context) => Response, ShieldRouteOptions]>([
    ["blocked JSON", 422, (c) => c.json({ text: harmful.sentence }, 200, ofBody), {}],
    [
      "blocked JSON of a plain response",
      422,
      () => new Response(JSON.stringify(harmful.sentence), { headers: ofBody }),
      {},
    ],
    ["a blocked stream", 422, () => stream(answers.chatDelta({ content: harmful.sentence })), {}],
    [
      "what cannot be judged",
      502,
      () => new Response("x", { headers: { ...ofBody, "content-type": "image/png" } }),
      {},
    ],
    [
      "a stream that breaks",
      502,
      () => stream(new ReadableStream({ pull: (controller) => controller.error(new Error("broken")) })),
      {},
    ],
  ])("%s", async (_, status, handler, options) => {
    const answer = await inside(handler, options).request("/", ask())
    expect(answer.status).toBe(status)
    expectKept(answer)
    // Set behind the handler.
    expect(answer.headers.get("x-own")).toBe("1")
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff")
  })

  test("while the handler is still at work", async () => {
    const answer = await inside(never, { input: "parallel" }).request("/", ask(harmful.question))
    expect(answer.status).toBe(422)
    expectKept(answer)
  })

  test("onBlocked's own headers come first", async () => {
    const app = inside((c) => c.json({ text: harmful.sentence }), {
      onBlocked: (c) => c.json({ no: true }, 451, { "x-own": "2", "access-control-allow-origin": "*" }),
    })
    const { headers } = await app.request("/", ask())
    expect([headers.get("x-own"), headers.get("access-control-allow-origin")]).toStrictEqual(["2", "*"])
    expect(headers.get("access-control-allow-credentials")).toBe("true")
  })
})

test("a request that is blocked before the handler never comes to what is inside; what is outside sets its headers", async () => {
  const app = new Hono()
  app.use(cors({ origin }))
  app.use(shield({ facet, policies: ["dangerous_content"] }))
  app.all("/", (c) => c.text(""))
  const answer = await app.request("/", ask(harmful.question))
  expect([answer.status, answer.headers.get("access-control-allow-origin")]).toStrictEqual([422, origin])
})
