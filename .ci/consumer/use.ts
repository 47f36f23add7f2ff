/** What somebody writes who has the published packages and nothing else. */
import { strict as assert } from "node:assert"
import { Facet, type Generation, type Trace, type Verdict } from "@facet/sdk"

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
