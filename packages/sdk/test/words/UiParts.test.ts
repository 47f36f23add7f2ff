import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { GuardTimeoutError } from "../../src/words/Errors.ts"
import {
  blockedOf,
  facetFailure,
  facetTrace,
  type FacetTraceData,
  facetVerdict,
  failuresOf,
  isFacetPart,
  tracesOf,
  verdictsOf,
} from "../../src/words/UiParts.ts"

const verdict = (flagged: boolean) => ({ flagged, policies: [], tokens: { judged: 1, cached: 0 } })
const token = (id: number) => ({ token: "a", id, features: [{ index: id, activation: 0.5 }] })

const Pieces = Schema.Array(
  Schema.Struct({
    site: Schema.Literals(["resid_post", "mlp_out"]),
    layer: Schema.Literals([2, 4]),
    ids: Schema.Array(Schema.Int).check(Schema.isMaxLength(3)),
  }),
).check(Schema.isMaxLength(8))

/** As a server sends it, and as a page keeps it. */
const kept = (parts: ReadonlyArray<object>) => ({ parts: JSON.parse(JSON.stringify(parts)) as ReadonlyArray<object> })

describe("the parts of a message", () => {
  it("have one name and one form, whoever writes them", () => {
    assert.deepStrictEqual(facetTrace({ site: "mlp_out", layer: 1, tokens: [token(7)] }), {
      type: "custom",
      kind: "facet.trace",
      providerMetadata: { facet: { site: "mlp_out", layer: 1, tokens: [token(7)] } },
    })
    assert.deepStrictEqual(facetVerdict({ of: "input", verdict: verdict(true) }), {
      type: "custom",
      kind: "facet.verdict",
      providerMetadata: { facet: { of: "input", verdict: verdict(true) } },
    })
    const error = new GuardTimeoutError({ milliseconds: 5 })
    assert.deepStrictEqual(facetFailure({ of: "output", error }), {
      type: "custom",
      kind: "facet.failure",
      providerMetadata: { facet: { of: "output", error: { name: "GuardTimeoutError", message: error.message } } },
    })
  })

  it.prop(
    "give each site's features in their order, in whatever pieces they came",
    { pieces: Pieces },
    ({ pieces }) => {
      const traces = pieces.map(({ ids, layer, site }): FacetTraceData => ({ site, layer, tokens: ids.map(token) }))
      const read = tracesOf(kept(traces.map(facetTrace)))
      for (const { layer, site, tokens } of read) {
        const own = traces.filter((trace) => trace.site === site && trace.layer === layer)
        assert.deepStrictEqual(tokens, kept(own.flatMap((trace) => trace.tokens)).parts)
      }
      assert.strictEqual(read.length, new Set(traces.map(({ layer, site }) => `${site}.${layer}`)).size)
    },
  )

  it("give one verdict a side: the latest, or the first that flagged", () => {
    const said = [
      facetVerdict({ of: "input", verdict: verdict(false) }),
      { type: "text", text: "a" },
      facetVerdict({ of: "output", verdict: verdict(false) }),
      facetVerdict({ of: "output", verdict: verdict(true) }),
      facetVerdict({ of: "output", verdict: verdict(false) }),
    ]
    assert.deepStrictEqual(
      verdictsOf(kept(said)).map(({ of, verdict: { flagged } }) => [of, flagged]),
      [
        ["input", false],
        ["output", true],
      ],
    )
    assert.strictEqual(blockedOf(kept(said)), "output")
    assert.isUndefined(blockedOf(kept(said.slice(0, 3))))
  })

  it("give the judgements that failed", () => {
    const failure = facetFailure({ of: "input", error: "no guard" })
    assert.deepStrictEqual(failuresOf(kept([failure])), [
      { of: "input", error: { name: "Error", message: "no guard" } },
    ])
  })

  it("are told from those of others", () => {
    const part = facetVerdict({ of: "input", verdict: verdict(false) })
    assert.isTrue(isFacetPart(part))
    assert.isTrue(isFacetPart(part, "verdict"))
    assert.isFalse(isFacetPart(part, "trace"))
    for (const other of [{ type: "text", text: "facet.trace" }, { type: "custom", kind: "other.trace" }, {}]) {
      assert.isFalse(isFacetPart(other))
    }
  })

  it("that have not the form of their name are none: a page must not break by them", () => {
    const nonsense = [undefined, null, 7, "x", [], {}, { of: "both" }, { site: "mlp_out", layer: 1, tokens: [null] }]
    const parts = nonsense.flatMap((facet) =>
      ["facet.trace", "facet.verdict", "facet.failure"].map((kind) => ({
        type: "custom",
        kind,
        providerMetadata: { facet },
      })),
    )
    const message = { parts: [...parts, { type: "custom", kind: "facet.trace" }] }
    assert.deepStrictEqual([tracesOf(message), verdictsOf(message), failuresOf(message)], [[], [], []])
  })
})
