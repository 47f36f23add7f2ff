import { afterAll } from "@effect/vitest"
import { createFacet } from "../src/index.ts"
import { describeFeatures } from "./featureSuite.ts"

// An app hears of what is not supported on the console; here the warnings themselves are looked at.
globalThis.AI_SDK_LOG_WARNINGS = false

const provider = createFacet()
afterAll(() => provider.dispose())

describeFeatures("facet()", {
  model: () => provider(),
  prompt: "Tell me a story about a fox.",
  tokens: 16,
  hasJson: true,
  hasTools: true,
})
