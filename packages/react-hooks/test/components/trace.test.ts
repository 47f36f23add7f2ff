import type { TraceToken } from "@facet/sdk"
import { describe, expect, it } from "vitest"
import { byteText, durationText } from "../../src/components/Amounts.ts"
import { policyName } from "../../src/components/policyName.ts"
import { defaultMaxDensity, denseFeatures } from "../../src/components/trace/Density.ts"
import { summariesOf } from "../../src/components/trace/FeatureSummary.ts"
import { alphaOf, levelOf, signedActivation } from "../../src/components/trace/Heat.ts"
import { listingOf, strongestActivation } from "../../src/components/trace/Listing.ts"
import { paragraphsOf } from "../../src/components/trace/paragraphsOf.ts"
import { viewsOf } from "../../src/components/trace/TokenView.ts"

const token = (text: string, ...features: TraceToken["features"]): TraceToken => ({ token: text, id: 1, features })
const shownAll = { chosen: undefined, hidden: new Set<number>() }

describe("heat", () => {
  it("is Neuronpedia's: logarithmic, from 0.05 to 1, none at or below 5e-5", () => {
    expect(alphaOf(10, 10)).toBe(1)
    expect(alphaOf(1, 10)).toBe(0.31) // 0.05 + 0.95 log10(1.9), rounded
    expect(alphaOf(0.00005, 10)).toBe(0)
    expect(alphaOf(0.0001, 10)).toBe(0.05)
  })

  it("is none for what is no strength", () => {
    for (const value of [Number.NaN, -3, 0]) expect([alphaOf(value, 10), levelOf(value, 10)]).toEqual([0, 0])
    expect(alphaOf(1, 0)).toBe(0)
    expect(alphaOf(20, 10)).toBe(1)
  })

  it("is printed signed, with four decimals", () => {
    expect([signedActivation(4.21), signedActivation(-0.5)]).toEqual(["+4.2100", "−0.5000"])
  })
})

describe("density", () => {
  it("allows 1 % of a long text, more of a shorter one, and all of a very short one", () => {
    expect([4000, 2000, 200, 20, 14, 0].map(defaultMaxDensity)).toEqual([0.01, 0.01, 0.1, 1, 1, 1])
  })

  it("counts a feature as dense above the share, not at it", () => {
    const tokens = [1, 2, 3, 4].map((place) => token("a", ...(place <= 2 ? [{ index: 8, activation: 1 }] : [])))
    const summaries = summariesOf(tokens)
    expect([...denseFeatures(summaries, 4, 0.5)]).toEqual([])
    expect([...denseFeatures(summaries, 4, 0.49)]).toEqual([8])
  })
})

describe("summaries", () => {
  it("find each feature's strongest token, and on how many it is", () => {
    const tokens = [
      token("a", { index: 1, activation: 2 }, { index: 2, activation: 9 }),
      token("b", { index: 1, activation: 5, label: "one" }),
    ]
    expect([...summariesOf(tokens)]).toEqual([
      [1, { peak: { index: 1, activation: 5, label: "one" }, count: 2 }],
      [2, { peak: { index: 2, activation: 9 }, count: 1 }],
    ])
  })
})

describe("listing", () => {
  it("has the strongest dozen of a text, strongest first, and says how many more there are", () => {
    const features = Array.from({ length: 40 }, (_, place) => ({ index: place, activation: ((place * 7) % 40) + 1 }))
    const request = {
      active: undefined,
      hidden: new Set([0]),
      query: "",
      summaries: summariesOf([token("a", ...features)]),
    }
    const { features: listed, note } = listingOf(request)
    expect(listed.map(({ activation }) => activation)).toEqual([40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29])
    expect(note).toBe("and 27 more")
    expect(strongestActivation(request.summaries, request.hidden)).toBe(40)
  })
})

describe("paragraphs", () => {
  const places = (tokens: ReadonlyArray<TraceToken>): ReadonlyArray<number> =>
    paragraphsOf(viewsOf(tokens, shownAll)).map(({ start }) => start)

  it("end with a line, and hold all tokens in order", () => {
    const tokens = ["a", "\n", "b", "c\n", "\n\n", "d"].map((text) => token(text))
    expect(places(tokens)).toEqual([0, 2, 4, 5])
    expect(places([])).toEqual([])
    expect(places(["a", "\n"].map((text) => token(text)))).toEqual([0])
  })

  it("are cut after a sentence when they are long, and at last anywhere", () => {
    const sentences = Array.from({ length: 1000 }, (_, place) => token(place % 10 === 9 ? "." : " a"))
    expect(places(sentences).slice(0, 3)).toEqual([0, 200, 400])
    const endless = Array.from({ length: 1000 }, () => token(" a"))
    expect(places(endless)).toEqual([0, 384, 768])
    const drawn = paragraphsOf(viewsOf(endless, shownAll)).flatMap(({ chunks }) => chunks.flatMap(({ views }) => views))
    expect(drawn).toHaveLength(1000)
  })
})

describe("words", () => {
  it("for policies", () => {
    expect(policyName("dangerous_content")).toBe("Dangerous content")
    expect(policyName("x", { x: "Mine" })).toBe("Mine")
    expect([policyName("toString", {}), policyName("__")]).toEqual(["ToString", "__"])
  })

  it("for bytes and times", () => {
    expect([0, 999, 52_400_000, 2_614_000_000].map(byteText)).toEqual(["0 B", "999 B", "52.4 MB", "2.6 GB"])
    expect([3, 41, 125, 9000].map(durationText)).toEqual(["a few seconds", "50 s", "3 min", "2.5 h"])
  })
})
