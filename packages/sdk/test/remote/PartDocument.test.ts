import { assert, describe, it } from "@effect/vitest"
import { breakFromJson, breakToJson, partReader, partToJson } from "../../src/remote/PartDocument.ts"
import { errorFromPlain, errorToPlain, type FacetError } from "../../src/words/Errors.ts"
import { assertSame, checkNonsense, sent } from "./documents.ts"
import { PartSeed, partOf } from "./values.ts"

/** Errors of parts are ours in these tests. */
const tell = (error: unknown) => errorToPlain(error as FacetError)
const readPart = partReader((error) => errorFromPlain(error) ?? new Error("not told"))

describe("a part of a generation", () => {
  it.prop("comes back as it was, its errors among it", { seed: PartSeed }, ({ seed }) => {
    const part = partOf(seed)
    assertSame(readPart(sent(partToJson(part, tell)), ""), part)
  })

  it.prop("with nonsense in any place is refused, or can be used", { seed: PartSeed }, ({ seed }) => {
    checkNonsense(sent(partToJson(partOf(seed), tell)), readPart, (part) => {
      if (part.type === "failure") assert.instanceOf(part.error, Error)
      if (part.type === "finish") assert.isString(part.usage.promptTokens.toFixed() + part.timings.totalMs.toFixed())
    })
  })
})

describe("the break of a generation", () => {
  it("comes back with its problem", () => {
    const problem = { type: "urn:facet:problem:failed", title: "The server failed", status: 500, detail: "It failed." }
    assert.deepStrictEqual(breakFromJson(sent(breakToJson(problem))), { problem })
  })

  it.prop("is no part", { seed: PartSeed }, ({ seed }) => {
    assert.isUndefined(breakFromJson(sent(partToJson(partOf(seed), tell))))
  })
})
