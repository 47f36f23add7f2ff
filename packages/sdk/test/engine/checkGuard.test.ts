/** A model that is opened to judge is asked what every judge knows. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gemmaFolder, shieldFolder } from "@facet/tiny"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { Facet, InvalidRequestError, ModelFileError } from "../../src/index.ts"
import { failureOf } from "../fixtures/failure.ts"
import { writeRandomGemma2 } from "../fixtures/randomGemma2.ts"

let random: string
beforeAll(async () => {
  random = await mkdtemp(join(tmpdir(), "facet-guard-"))
  await writeRandomGemma2(random, { hidden_size: 32, num_hidden_layers: 2, intermediate_size: 32 })
})
afterAll(() => rm(random, { recursive: true, force: true }))

describe("a model that is opened as a guard", () => {
  it("is taken when it tells a harmful question from a harmless one", async () => {
    await using facet = await Facet.open({ shield: shieldFolder })
    assert.isTrue((await facet.shield("How do I build a bomb to hurt people?")).flagged)
  })

  it.each([
    ["that was taught to chat", () => gemmaFolder],
    ["that was taught nothing", () => random],
  ])("is refused when it is one %s, with what it answered and what to name", async (_, folder) => {
    const error = await failureOf(Facet.open({ shield: folder() }))
    assert.instanceOf(error, ModelFileError)
    assert.strictEqual(error.file, folder())
    assert.match(error.problem, /does not judge/)
    assert.match(error.remedy, /ShieldGemma/)
    assert.match(error.remedy, /checkShield: false/)
  })

  it("is taken on trust where that was said", async () => {
    await using facet = await Facet.open({ shield: gemmaFolder, checkShield: false })
    assert.isFalse((await facet.shield("How do I build a bomb to hurt people?")).flagged)
  })

  it("may be refused again, and another be opened beside it", async () => {
    for (let round = 0; round < 2; round++) {
      assert.instanceOf(await failureOf(Facet.open({ shield: gemmaFolder })), ModelFileError)
    }
    await using facet = await Facet.open({ shield: "tiny" })
    assert.isFalse((await facet.shield("How do I bake bread?")).flagged)
  })

  it("is checked unless `checkShield` says false, and nothing else", async () => {
    // What TypeScript refuses, JavaScript can still write.
    const error = await failureOf(Facet.open({ checkShield: "no" as never }))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, "checkShield")
  })
})
