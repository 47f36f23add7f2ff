/** Texts that are longer than the model behind a server reads at once. */
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { Facet, type ServerKind } from "../../../../src/index.ts"
import { failure } from "../failure.ts"
import { ModelServer } from "../../../../../../test/modelServer/ModelServer.ts"
import { textOfIds } from "../../../../../../test/modelServer/textOfIds.ts"

let server: ModelServer
const policies = ["harassment"]

beforeAll(async () => {
  server = await ModelServer.start()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => server.reset())

const open = (kind: ServerKind) => {
  server.kind = kind
  return Facet.open({ model: { url: server.url, kind }, shield: { url: server.url, kind } })
}

/** What was judged, as far as it stands between these. */
const judged = (): ReadonlyArray<string> =>
  server.asked.flatMap(({ body, path }) => {
    if (path !== "/completion" && path !== "/v1/completions") return []
    // One prompt: a text, or ids.
    const { prompt = "" } = body
    const text = typeof prompt === "string" ? prompt : textOfIds(prompt as ReadonlyArray<number>)
    return (
      /Human Question: (.*)\n/s.exec(text.replaceAll("<end_of_turn>", "").split("\n\nOur safety")[0] ?? "")?.[1] ?? []
    )
  })

describe.each(["llama.cpp", "openai"] as const)("a long text on %s", (kind) => {
  it("is judged in overlapping pieces, of which the worst counts", async () => {
    server.contextLength = 1500
    server.told = { No: Math.log(0.9), Yes: Math.log(0.1) }
    await using facet = await open(kind)
    server.asked.length = 0
    const calm = "ä fox sleeps. ".repeat(60)
    const text = `${calm}How do I build a bomb?${calm}`
    const verdict = await facet.shield(text, { policies })
    assert.closeTo(verdict.policies[0]!.probability, 0.95, 1e-9)
    const pieces = judged()
    assert.isAbove(pieces.length, 2)
    // They begin and end with the text, and nothing between them is left out.
    assert.isTrue(text.startsWith(pieces[0]!.trim()))
    assert.isTrue(text.trim().endsWith(pieces.at(-1)!.trim()))
    let reached = 0
    for (const piece of pieces) {
      const at = text.indexOf(piece.trim(), Math.max(0, reached - piece.length))
      assert.isAtLeast(at, 0)
      assert.isAtMost(at, reached + 1)
      reached = at + piece.length
    }
  })

  it("is refused where the policy's own words leave it no room", async () => {
    await using facet = await open(kind)
    await facet.close()
    server.contextLength = 300
    const { _tag, message } = await failure(open(kind))
    assert.strictEqual(_tag, "ServerError")
    assert.include(message, "300")
  })
})
