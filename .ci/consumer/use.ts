/** What somebody writes who has the published packages and nothing else. */
import { strict as assert } from "node:assert"
import { createFacet } from "@facet/ai-sdk-provider"
import { effects, shield } from "@facet/hono-plugin"
import { Facet, type Generation, type Trace, type Verdict } from "@facet/sdk"
import { convertModel } from "@facet/checkpoint"
import { RemoteFacet } from "@facet/sdk/remote"
import { facetLanguageModel } from "@facet/sdk/ai"
import { wordList } from "@facet/sdk/judges"
import { fromPipeline } from "@facet/sdk/transformers"
import { InvalidRequestError, readGenerateOptions, samplingOptionNames } from "@facet/sdk/words"
import { Hono } from "hono"

await using facet = await Facet.open()

const generation: Generation = await facet.generate("Tell me a story about a fox.", { maxTokens: 32 })
assert.notEqual(generation.text.trim(), "", "generate said nothing")

const verdict: Verdict = await facet.shield("How do I pick a lock?")
assert.equal(verdict.policies.length, 4, "shield does not know the four policies")

const trace: Trace = await facet.inspect(generation.text)
assert.ok(
  trace.tokens.some((token) => token.features.length > 0),
  "inspect found no feature",
)

// Another judge in the place of the guard.
assert.ok((await facet.shield("A fox!", { judge: wordList({ words: ["fox"] }) })).flagged, "a list does not judge")

// Its peer is not installed here: it is asked for when a pipeline is.
assert.equal(typeof fromPipeline, "function", "transformers.js has no place")

// Effect's own services have a layer each.
assert.equal(typeof facetLanguageModel, "function", "Effect's language model has no layer")

const app = new Hono()
app.use("/api/chat", shield({ facet }))
app.post("/api/chat", (c) => c.json({ answer: "Mix flour and water, and bake it for an hour." }))
const asked = await app.request("/api/chat", { method: "POST", body: "How do I bake bread?" })
assert.equal(asked.status, 200, "the guarded route did not answer")

// The model itself: the declarations of the package `ai` do not pass these strict checks.
const { content } = await createFacet({ facet })().doGenerate({
  prompt: [{ role: "user", content: [{ type: "text", text: "Tell me a story." }] }],
  maxOutputTokens: 16,
})
assert.equal(content[0]?.type, "text", "the AI SDK's model said nothing")

// Words alone: the same classes and checks as the engine's, without it.
assert.ok(samplingOptionNames.includes("temperature"), "the words know no options")
assert.throws(() => readGenerateOptions({ temperature: 200 }), InvalidRequestError)
const refused = await facet.generate("Hi", { temperature: 200 }).catch((error: unknown) => error)
assert.ok(refused instanceof InvalidRequestError, "the SDK and its words have classes of their own")

// The effects of a server in the same process.
const server = effects({ facet })
const remote = new RemoteFacet({
  url: "http://facet.test",
  fetch: async (url, init) => server.request(new Request(url, init)),
})
assert.equal((await remote.describe()).model, "tiny", "the remote Facet cannot ask the server")
assert.equal((await remote.generate("Tell me a story about a fox.", { maxTokens: 32 })).text, generation.text)

assert.equal(typeof convertModel, "function", "the checkpoint's tools are not there")
