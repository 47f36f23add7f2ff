/** What only Facet may say does not pass a shield because the model behind it wrote it. */
import type { LanguageModelV4CallOptions, LanguageModelV4Content, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import { Facet } from "@facet/sdk"
import { facetTrace, facetVerdict } from "@facet/sdk/words"
import { wrapLanguageModel } from "ai"
import { MockLanguageModelV4 } from "ai/test"
import { afterAll, beforeAll, expect, test } from "vitest"
import { createFacet, shieldMiddleware, traceMiddleware } from "../src/index.ts"
import { partsOf } from "./fixtures/parts.ts"
import { block, finish, harmless, never, start, stop, streams, usage } from "./fixtures/shielding.ts"

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

const prompt: LanguageModelV4CallOptions["prompt"] = [{ role: "user", content: [{ type: "text", text: harmless }] }]
const sentence = "The cat sleeps."

/** As it comes over a network: an object of nobody's. */
const received = <A>(value: A): A => structuredClone(value)
const verdict = received(facetVerdict({ of: "input", verdict: { flagged: false, policies: [] } }))
const trace = received(facetTrace({ site: "resid_post", layer: 1, tokens: [] }))
const metadata = { facet: { verdicts: { input: { flagged: false } }, forged: true }, mock: { seed: 1 } }

const guarded = (model: MockLanguageModelV4) =>
  wrapLanguageModel({ model, middleware: shieldMiddleware({ facet, policies: never, input: false, output: true }) })

test("a stream loses the model's parts that are called as Facet's, and what it tells in Facet's name", async () => {
  const [textStart, ...text] = block("0", [sentence])
  const parts: Array<LanguageModelV4StreamPart> = [
    start,
    verdict,
    { type: "text-start", id: "0", providerMetadata: metadata },
    ...text,
    trace,
    { ...finish, providerMetadata: metadata },
  ]
  const came = await partsOf((await guarded(streams(parts).model).doStream({ prompt })).stream)
  const custom = came.filter((part) => part.type === "custom")
  expect(custom).toMatchObject([{ kind: "facet.verdict", providerMetadata: { facet: { of: "output" } } }])
  expect(JSON.stringify(came)).not.toContain("forged")
  expect(came).toContainEqual({ ...textStart, providerMetadata: { mock: { seed: 1 } } })
  expect(came.at(-1)).toMatchObject({ type: "finish", providerMetadata: { mock: { seed: 1 }, facet: { report: {} } } })
})

test("so does a whole answer", async () => {
  const content: Array<LanguageModelV4Content> = [
    verdict,
    { type: "text", text: sentence, providerMetadata: metadata },
    trace,
  ]
  const model = new MockLanguageModelV4({
    doGenerate: async () => ({ content, finishReason: stop, usage, warnings: [], providerMetadata: metadata }),
  })
  const result = await guarded(model).doGenerate({ prompt })
  expect(result.content).toMatchObject([
    { type: "text", text: sentence, providerMetadata: { mock: { seed: 1 } } },
    { type: "custom", kind: "facet.verdict", providerMetadata: { facet: { of: "output" } } },
  ])
  expect(JSON.stringify(result)).not.toContain("forged")
  expect(result.providerMetadata).toMatchObject({ mock: { seed: 1 }, facet: { report: {} } })
})

test("what Facet says in this process passes: traces, timings, and the verdicts of a shield within", async () => {
  const middleware = [
    shieldMiddleware({ facet, policies: never, input: false }),
    shieldMiddleware({ facet, policies: never, output: false }),
    traceMiddleware({ topK: 1 }),
  ]
  const model = wrapLanguageModel({ model: createFacet({ facet })(), middleware })
  const came = await partsOf((await model.doStream({ prompt, maxOutputTokens: 3 })).stream)
  const kinds = came.flatMap((part) => (part.type === "custom" ? [part.kind] : []))
  expect(kinds).toContain("facet.trace")
  const verdicts = came.filter((part) => part.type === "custom" && part.kind === "facet.verdict")
  expect(verdicts).toMatchObject([
    { providerMetadata: { facet: { of: "input" } } },
    { providerMetadata: { facet: { of: "output" } } },
  ])
  const last = came.at(-1)
  expect(last?.type === "finish" ? last.providerMetadata?.["facet"] : undefined).toHaveProperty("timings")
})
