import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { problemFromJson, problemToJson } from "../../src/remote/ProblemDocument.ts"
import { errorToPlain } from "../../src/words/Errors.ts"
import { assertSame, sent } from "./documents.ts"
import { errorOf, ErrorSeed } from "./values.ts"

describe("a problem document", () => {
  it.prop("gives the typed error back, by class and fields", { seed: ErrorSeed, title: Schema.String }, (any) => {
    const error = errorOf(any.seed)
    const problem = { name: "failed", title: any.title, status: 500, detail: "It failed.", error: errorToPlain(error) }
    assertSame(problemFromJson(sent(problemToJson(problem))), { error, detail: "It failed." })
  })

  it("is named as RFC 9457 asks", () => {
    const problem = { name: "closed", title: "The server is shutting down", status: 503, detail: "Try another one." }
    const { name: _, ...rest } = problem
    assert.deepStrictEqual(problemToJson(problem), { type: "urn:facet:problem:closed", ...rest })
  })

  it.each([null, "no", [], {}, { detail: 7, error: "x" }, { detail: "", error: { _tag: "NoError" } }])(
    "tells nothing where it is %j",
    (document) => assert.deepStrictEqual(problemFromJson(document), { error: undefined, detail: undefined }),
  )
})
