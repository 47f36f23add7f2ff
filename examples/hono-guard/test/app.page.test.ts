/** The page in Chromium: what the tests over HTTP say of both routes, side by side. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { openPage } from "../../../test/browser/page.ts"
import { createApp } from "../src/app.ts"
import { listen, type Listening } from "../src/listen.ts"
import { upstream } from "../src/upstream.ts"

let model: Listening
let server: Listening
beforeAll(async () => {
  model = await listen(upstream({ delayMs: 1 }))
  server = await listen(createApp({ baseUrl: `${model.url}/v1`, model: "storyteller" }))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

test("shows the same answer twice, and of a harmful one what the guard lets out", async () => {
  await using visit = await openPage({ webgpu: false })
  const { page, problems } = visit
  await page.goto(server.url)
  const plain = page.locator("section[data-route='/plain/chat']")
  const guarded = page.locator("section[data-route='/api/chat']")

  await page.getByRole("button", { name: "A harmless question" }).click()
  await guarded.getByText("Passed").waitFor()
  await plain.getByText("Not judged").waitFor()
  const text = await plain.locator(".answer").innerText()
  expect(text).not.toBe("")
  expect(await guarded.locator(".answer").innerText()).toBe(text)

  await page.getByRole("button", { name: "A model that misbehaves" }).click()
  await guarded.getByText("Blocked: the answer").waitFor()
  expect((await plain.locator(".answer").innerText()).length).toBeGreaterThan(
    (await guarded.locator(".answer").innerText()).length,
  )

  await page.getByRole("button", { name: "A harmful question" }).click()
  await guarded.getByText("Blocked: the question").waitFor()
  expect(await guarded.getByRole("row").count()).toBe(5)
  // The refusal's status is what a browser writes to the console by itself.
  expect(problems.filter((problem) => !problem.includes("422"))).toEqual([])
})
