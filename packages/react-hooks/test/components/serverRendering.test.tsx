import { renderToString } from "react-dom/server"
import { describe, expect, it } from "vitest"
import { FeatureCard, FeatureTrace, ModelProgress, VerdictBadge, VerdictMeter } from "../../src/components/index.ts"
import flagged from "../fixtures/flagged.json" with { type: "json" }

const tokens = [{ token: " fox", id: 1, features: [{ index: 526, activation: 4.21, label: "animal names" }] }]

describe("on a server", () => {
  it("renders every component without a page", () => {
    expect(renderToString(<FeatureTrace trace={tokens} />)).toContain("token fox, strongest feature animal names, 4.21")
    expect(renderToString(<FeatureTrace trace={undefined} />)).toContain("No tokens to show yet")
    expect(renderToString(<FeatureCard feature={{ index: 526 }} trace={tokens} />)).toContain("Feature 526")
    expect(renderToString(<VerdictBadge verdict={flagged} />)).toContain("Flagged: Dangerous content")
    expect(renderToString(<VerdictMeter verdict={flagged} />)).toContain('role="meter"')
    expect(renderToString(<ModelProgress status="idle" onLoad={() => {}} />)).toContain("Load model")
  })
})
