/** Whatever a model streams, in whichever pieces: what a shield makes of it. */
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider"
import { Facet } from "@facet/sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { wrapLanguageModel } from "ai"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { shieldMiddleware, type ShieldMiddlewareOptions } from "../src/index.ts"
import { partsOf } from "./fixtures/parts.ts"
import { tries } from "../../../test/campaign.ts"
import { always, dangerous, finish, harmful, harmless, never, start, streams } from "./fixtures/shielding.ts"

type Part = LanguageModelV4StreamPart

const kinds = ["text", "reasoning", "tool-input"] as const

/** Sentences, their halves, characters cut in two, and escapes. */
const Text = Schema.Literals(["A fox", " sat. ", "\n", "", "\ud83e", "\udd8a", String.raw`\u00`, "62omb", "狐は眠る。"])
const Step = Schema.Struct({
  /** Which of six blocks, two of each kind, goes on. */
  block: Schema.Literals([0, 1, 2, 3, 4, 5]),
  does: Schema.Literals(["says", "says", "says", "ends", "pings", "calls", "cites"]),
  text: Text,
})
const Steps = Schema.Array(Step).check(Schema.isMaxLength(24))
type Step = typeof Step.Type

/** A stream that keeps the AI SDK's rules, with blocks among each other. */
function streamOf(steps: ReadonlyArray<Step>): Array<Part> {
  const parts: Array<Part> = [start]
  const open = new Map<number, string>()
  const end = (block: number) => {
    const id = open.get(block)
    if (id !== undefined) parts.push({ type: `${kindOf(block)}-end`, id })
    open.delete(block)
  }
  for (const [place, { block, does, text }] of steps.entries()) {
    const kind = kindOf(block)
    if (does === "ends") end(block)
    else if (does === "pings") parts.push({ type: "ping" })
    else if (does === "calls") {
      parts.push({ type: "tool-call", toolCallId: `c${place}`, toolName: "t", input: JSON.stringify({ text }) })
    } else if (does === "cites") {
      parts.push({ type: "source", sourceType: "document", id: `s${place}`, mediaType: "text/plain", title: text })
    } else {
      const id = open.get(block) ?? `${kind}-${place}`
      if (!open.has(block)) {
        parts.push(
          kind === "tool-input" ? { type: "tool-input-start", id, toolName: "t" } : { type: `${kind}-start`, id },
        )
      }
      open.set(block, id)
      parts.push({ type: `${kind}-delta`, id, delta: text })
    }
  }
  for (const block of open.keys().toArray()) end(block)
  return [...parts, finish]
}

const kindOf = (block: number) => kinds[block % kinds.length] ?? "text"

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

async function shielded(parts: ReadonlyArray<Part>, options: ShieldMiddlewareOptions): Promise<Array<Part>> {
  const middleware = shieldMiddleware({ facet, ...options })
  const { stream } = await wrapLanguageModel({ model: streams(parts).model, middleware }).doStream({
    prompt: [{ role: "user", content: [{ type: "text", text: harmless }] }],
    tools: [{ type: "function", name: "t", inputSchema: {} }],
  })
  return partsOf(stream)
}

const withoutAsides = (parts: ReadonlyArray<Part>): Array<Part> =>
  parts
    .filter((part) => part.type !== "custom")
    .map((part) => {
      if (part.type !== "finish") return part
      const { providerMetadata: _metadata, ...rest } = part
      return rest
    })

/** Each delta stands between its block's start and end, each block ends, and the finish is last. */
function checkOrder(parts: ReadonlyArray<Part>): void {
  const open = new Set<string>()
  for (const [place, part] of parts.entries()) {
    const [, kind, does] = /^(text|reasoning|tool-input)-(start|delta|end)$/.exec(part.type) ?? []
    if (part.type === "stream-start") assert.strictEqual(place, 0)
    if (part.type === "finish") assert.strictEqual(place, parts.length - 1)
    if (kind === undefined || !("id" in part)) continue
    const name = `${kind} ${part.id}`
    assert.strictEqual(open.has(name), does !== "start", `${part.type} of ${name}`)
    if (does === "start") open.add(name)
    if (does === "end") open.delete(name)
  }
  assert.strictEqual(open.size, 0)
  assert.strictEqual(parts.at(-1)?.type, "finish")
}

const runs = { arbitrary: { runs: tries(10), size: 24 } }

describe("any stream", () => {
  for (const options of [{}, { mode: "buffer" }, { mode: "audit" }, { input: "parallel" }] as const) {
    it.effect.prop(
      `that nothing flags is as it was, beside verdicts: ${JSON.stringify(options)}`,
      { steps: Steps },
      ({ steps }) =>
        Effect.promise(async () => {
          const parts = streamOf(steps)
          const came = await shielded(parts, { policies: never, ...options })
          assert.deepStrictEqual(withoutAsides(came), parts)
          checkOrder(came)
        }),
      runs,
    )
  }

  it.effect.prop(
    "of which everything is flagged says nothing",
    { steps: Steps },
    ({ steps }) =>
      Effect.promise(async () => {
        const parts = streamOf(steps)
        const came = await shielded(parts, { policies: always, input: false })
        checkOrder(came)
        const said = came
          .map((part) => ("delta" in part ? part.delta : "title" in part ? (part.title ?? "") : ""))
          .join("")
        // A text without a word in it is nothing to be judged.
        assert.strictEqual(said.trim(), "")
        assert.isFalse(came.some((part) => part.type === "tool-call" && /\p{L}/u.test(JSON.parse(part.input).text)))
      }),
    runs,
  )

  it.effect.prop(
    "in which something harmful is said is cut before it, and keeps the order",
    { before: Steps, after: Steps, block: Schema.Literals([0, 1, 2]) },
    ({ after, before, block }) =>
      Effect.promise(async () => {
        const bad: Step = { block, does: "says", text: "A fox" }
        const parts = streamOf([...before, { ...bad, does: "ends" }, bad, { ...bad, does: "ends" }, ...after]).map(
          // The block that was opened for it says it.
          (part, place, all) => {
            const opened = all[place - 1]
            const isIt =
              "delta" in part && part.id === `${kindOf(block)}-${before.length + 1}` && opened?.type.endsWith("-start")
            return isIt ? { ...part, delta: harmful } : part
          },
        )
        assert.include(JSON.stringify(parts), harmful)
        const came = await shielded(parts, { policies: dangerous, input: false })
        checkOrder(came)
        assert.notInclude(JSON.stringify(came), harmful)
        const released = withoutAsides(came).slice(0, -1)
        const kept = released.filter((part, place) => JSON.stringify(part) === JSON.stringify(parts[place])).length
        assert.isTrue(
          released.slice(kept).every(({ type }) => type.endsWith("-end")),
          "what was released is the beginning of what came, and then only ends",
        )
      }),
    runs,
  )
})
