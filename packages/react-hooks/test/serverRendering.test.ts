import { createElement } from "react"
import { renderToString } from "react-dom/server"
import { assert, describe, it } from "vitest"
import {
  FacetProvider,
  type FacetProviderProps,
  useDecision,
  useFacet,
  useFacetChat,
  useGenerate,
  useShield,
  useTrace,
} from "../src/index.ts"

function Page() {
  const facet = useFacet()
  const generation = useGenerate({ guard: true })
  const shield = useShield("How do I pick a lock?")
  const trace = useTrace("The dog sleeps.")
  const decision = useDecision("The dog sleeps.", { animal: { type: "choice", criteria: ["cat", "dog"] } })
  const chat = useFacetChat({ guard: true, trace: true })
  const statuses = [facet.status, generation.status, shield.status, trace.status, decision.status, chat.status]
  return createElement("p", null, statuses.join(" "))
}

const render = (props: FacetProviderProps = {}) =>
  renderToString(createElement(FacetProvider, props, createElement(Page)))

describe("on a server", () => {
  it("there is nothing of a browser", () => {
    assert.isUndefined(Reflect.get(globalThis, "window"))
    assert.isUndefined(Reflect.get(globalThis, "document"))
  })

  it("everything is idle, whatever is to be opened in the browser, and nothing is opened", () => {
    const idle = "<p>idle idle idle idle idle ready</p>"
    const open = { onProgress: () => assert.fail("it was opened") }
    assert.strictEqual(render(), idle)
    assert.strictEqual(render({ autoLoad: true, open }), idle)
    assert.strictEqual(render({ autoLoad: true, remote: "https://example.com" }), idle)
  })

  it("a hook without a provider says what to do", () => {
    assert.throws(() => renderToString(createElement(Page)), /<FacetProvider>/)
  })
})
