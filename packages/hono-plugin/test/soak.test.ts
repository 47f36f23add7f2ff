/** Many guarded streams at once, a third of whose clients leave: afterwards all is as before. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { expect, test, vi } from "vitest"
import { tries } from "../../../test/campaign.ts"
import { postJson } from "./openaiServer.ts"

/** As many as fit into the server's queue, in a campaign. */
const streams = tries(30, 200)
const tokens = 4
const prompts = ["Tell me a story about a fox.", "What is a good breakfast?", "Why is the sky blue?"]

interface State {
  readonly requests: number
  readonly heapBytes: number
  readonly outcomes: Readonly<Record<string, number>>
}

/** A small generator of our own: the soak is the same each time, as far as timing lets it be. */
function* random(seed: number): Generator<number, never, void> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    yield state / 2 ** 32
  }
}

test("many guarded streams at once, a third of whose clients leave", async () => {
  const path = fileURLToPath(new URL("./fixtures/soakServer.ts", import.meta.url))
  const child = fork(path, { execArgv: ["--expose-gc"] })
  try {
    const [{ url }] = (await once(child, "message")) as [{ readonly url: string }]
    const state = async () => (await (await fetch(`${url}/state`)).json()) as State
    const ask = (body: object, signal?: AbortSignal) =>
      postJson(`${url}/v1/chat/completions`, body, signal === undefined ? {} : { signal })
    const bodyOf = (i: number) => ({
      messages: [{ role: "user", content: prompts[i % prompts.length] }],
      temperature: 0,
      max_tokens: tokens,
      stream: true,
    })
    const soak = async (count: number) => {
      const chance = random(7)
      return Promise.all(
        Array.from({ length: count }, async (_, i) => {
          const leaving = new AbortController()
          // The first ones while they wait their turn, the others at any time of the soak.
          if (i % 3 === 0) setTimeout(() => leaving.abort(), i === 0 ? 0 : chance.next().value * 20 * count)
          try {
            const response = await ask(bodyOf(i), leaving.signal)
            const text = await response.text()
            return text.endsWith("data: [DONE]\n\n") && !text.includes('"error"') ? "done" : `failed: ${text}`
          } catch (error) {
            return leaving.signal.aborted ? "left" : `failed: ${String(error)}`
          }
        }),
      )
    }
    // What is loaded once, and then stays, is loaded before anything is measured.
    await soak(8)
    await vi.waitFor(async () => expect((await state()).requests).toBe(0))
    const before = await state()

    let answered = 0
    let isSoaking = true
    const probe = (async () => {
      for (; isSoaking; answered++) {
        expect(await (await fetch(`${url}/plain`)).text()).toBe("plain")
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    const ends = await soak(streams)
    isSoaking = false
    await probe

    await vi.waitFor(async () => expect((await state()).requests).toBe(0), { timeout: 20_000 })
    const after = await state()
    const count = (end: string) => ends.filter((one) => one === end).length
    console.log(
      `${streams} guarded streams: ${count("done")} done, ${count("left")} left; ` +
        `heap ${(before.heapBytes / 1e6).toFixed(1)} MB before, ${(after.heapBytes / 1e6).toFixed(1)} MB after; ` +
        `${answered} requests of a plain route`,
    )
    expect(ends.filter((end) => end.startsWith("failed"))).toStrictEqual([])
    expect(count("done") + count("left")).toBe(streams)
    expect(count("left")).toBeGreaterThan(0)
    expect(after.outcomes["left"]).toBeGreaterThan(0)
    expect(after.heapBytes - before.heapBytes).toBeLessThan(8e6)
    // Others are served all the while: one that had to wait for all of these would have been answered once.
    expect(answered).toBeGreaterThan(streams)
    // The worker is as it was: the same question has the same answer.
    const again = await (await ask({ ...bodyOf(0), stream: false })).json()
    expect(again).toMatchObject({ usage: { completion_tokens: tokens } })
  } finally {
    child.kill()
  }
})
