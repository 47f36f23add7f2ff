import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { InvalidRequestError } from "../../src/words/Errors.ts"
import type { Trace } from "../../src/words/Trace.ts"
import { traceToHtml, tracesFromHtml } from "../../src/words/traceToHtml.ts"

const traceOf = (token: string, label: string, layer = 2): Trace => ({
  site: "resid_post",
  layer,
  tokens: [
    { token: "<bos>", id: 2, features: [] },
    {
      token,
      id: 7,
      features: [
        { index: 3, activation: 4.5, label },
        { index: 9, activation: 1 },
      ],
    },
  ],
})

/** What a reader would not want to find in a page: elements and attributes that nobody wrote. */
const tags = (page: string) => [...page.matchAll(/<(\/?[a-z][a-z0-9]*)/gi)].map(([, name]) => name)

describe("a trace as a page", () => {
  it("has every site, token and label, and loads nothing", () => {
    const page = traceToHtml([traceOf(" fox", "animals"), traceOf(" fox", "names", 4)], { title: "A fox" })
    for (const said of [
      "<title>A fox</title>",
      "resid_post, layer 2",
      "resid_post, layer 4",
      "animals",
      "names",
      "4.50",
    ]) {
      assert.include(page, said)
    }
    assert.notMatch(page, /https?:|<link|<img|<script(?! type="application\/json")|@import|url\(/)
    assert.include(page, "default-src 'none'")
    assert.include(page, "prefers-color-scheme:dark")
  })

  it.prop(
    "escapes whatever a token or a label says, and holds the traces",
    { token: Schema.String, label: Schema.String },
    ({ label, token }) => {
      const harmless = tags(traceToHtml([traceOf("a", "b")]))
      const traces = [traceOf(token, label)]
      const page = traceToHtml(traces, { title: "T" })
      assert.deepStrictEqual(
        tags(page.replace(/<script type[^]*<\/script>/, "<script></script>")),
        tags(traceToHtml([traceOf("a", "b")]).replace(/<script type[^]*<\/script>/, "<script></script>")),
      )
      assert.strictEqual(tags(page).length, harmless.length)
      assert.deepStrictEqual(tracesFromHtml(page), traces)
    },
  )

  it("cannot be left by a script's end in a token", () => {
    const traces = [traceOf("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>")]
    const page = traceToHtml(traces)
    assert.notInclude(page, "<script>alert")
    assert.notInclude(page, "<img")
    assert.deepStrictEqual(tracesFromHtml(page), traces)
    // Nor by what a page that somebody else made says of its place.
    const [trace] = traces
    assert.notInclude(traceToHtml([{ ...trace!, site: '"><b>' as never }]), "<b>")
  })

  it("is refused for no traces, for those of different texts, and where there is none to read", () => {
    for (const [option, work] of [
      ["traces", () => traceToHtml([])],
      ["traces", () => traceToHtml({ tokens: [] } as never)],
      ["traces[1]", () => traceToHtml([traceOf("a", "b"), { ...traceOf("a", "b", 4), tokens: [] }])],
      ["page", () => tracesFromHtml("<p>Nothing</p>")],
    ] as const) {
      try {
        work()
        assert.fail(`${option} was taken`)
      } catch (error) {
        assert.instanceOf(error, InvalidRequestError)
        assert.strictEqual(error.option, option)
      }
    }
  })
})
