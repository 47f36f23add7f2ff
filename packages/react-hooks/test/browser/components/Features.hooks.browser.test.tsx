/** What fires in several texts, and features turned up and down: in a page, with effects that tell what they were asked. */
import type { GenerateOptions, GenerationPart } from "@facet/sdk"
import { InvalidRequestError } from "@facet/sdk/words"
import { afterEach, describe, expect, it, vi } from "vitest"
import { userEvent } from "vitest/browser"
import { render } from "vitest-browser-react"
import {
  FacetProvider,
  FeatureBrowser,
  firingFeatures,
  type OpenEffects,
  SteeringPanel,
  type TracedText,
  useFeatureSearch,
  useSteering,
} from "../../../src/index.ts"
import "../../../src/styles.css"
import { violations } from "./violations.browser.ts"

afterEach(() => document.documentElement.removeAttribute("data-theme"))

const token = (
  text: string,
  ...features: ReadonlyArray<readonly [index: number, activation: number, label?: string]>
) => ({
  token: text,
  id: 7,
  features: features.map(([index, activation, label]) => ({
    index,
    activation,
    ...(label !== undefined && { label }),
  })),
})

const texts: ReadonlyArray<TracedText> = [
  {
    id: "a",
    title: "First answer",
    traces: [
      {
        site: "resid_post",
        layer: 4,
        tokens: [token("The", [9, 1]), token(" fox", [3, 8, "animals"], [9, 2]), token(" slept.", [9, 1])],
      },
    ],
  },
  {
    id: "b",
    traces: [
      { site: "resid_post", layer: 4, tokens: [token("A"), token(" bear", [3, 5, "animals"])] },
      { site: "mlp_out", layer: 1, tokens: [token("A", [3, 1, "articles"]), token(" bear")] },
    ],
  },
]

describe("FeatureBrowser", () => {
  it("lists what fires at most tokens, and tells features of other sites apart", async () => {
    const screen = await render(<FeatureBrowser texts={texts} />)
    const names = screen.getByRole("list", { name: "Features that fire most" }).getByRole("button").elements()
    expect(names.map((name) => name.querySelector("[data-part=feature-name]")?.textContent)).toEqual([
      "Feature 9",
      "animals",
      "articles",
    ])
    await expect.element(screen.getByText("2 tokens, 8.0 at most")).toBeVisible()
  })

  it("shows where the chosen one fired, by keyboard, the strongest first", async () => {
    const onSelect = vi.fn()
    const screen = await render(<FeatureBrowser texts={texts} onSelect={onSelect} />)
    const animals = screen.getByRole("button", { name: /^animals/ })
    ;(animals.element() as HTMLElement).focus()
    await userEvent.keyboard("{Enter}")
    expect(onSelect).toHaveBeenLastCalledWith(expect.objectContaining({ index: 3, layer: 4, site: "resid_post" }))
    const places = screen.getByRole("group", { name: "Where animals fired" }).getByRole("listitem").elements()
    expect(places.map((place) => place.textContent)).toEqual(["First answer The fox slept. 8.00", "Text 2 A bear 5.00"])
    expect(places.map((place) => place.querySelector("mark")?.textContent)).toEqual([" fox", " bear"])
    await userEvent.keyboard(" ")
    expect(onSelect).toHaveBeenLastCalledWith(null)
    await expect.element(animals).toHaveAttribute("aria-pressed", "false")
  })

  it("finds by words of a label and by number, and says when there is nothing", async () => {
    const screen = await render(<FeatureBrowser texts={texts} />)
    const search = screen.getByRole("searchbox", { name: "Search features" })
    await search.fill("ANIM")
    await expect.element(screen.getByRole("status")).toHaveTextContent("1 feature")
    await search.fill("#9")
    await expect.element(screen.getByRole("button", { name: /^Feature 9/ })).toBeVisible()
    await search.fill("nothing")
    await expect.element(screen.getByRole("status")).toHaveTextContent("No feature found")
    await screen.rerender(<FeatureBrowser texts={[]} />)
    await expect.element(screen.getByRole("status")).toHaveTextContent("No feature found")
  })
})

const failedSearch = { option: "scope", problem: "no autoencoders were opened for it", remedy: "Open it with `scope`." }

/** Effects that say what they are steered by. */
function tellingEffects({ isEndless = false, searchError }: { isEndless?: boolean; searchError?: Error } = {}) {
  const asked: Array<GenerateOptions> = []
  const stream = async function* (first: unknown, second: GenerateOptions = {}): AsyncGenerator<GenerationPart> {
    const options =
      typeof first === "object" && first !== null && "prompt" in first ? (first as GenerateOptions) : second
    asked.push(options)
    const isSteered = (options.interventions ?? []).length > 0
    yield { type: "text", text: isSteered ? "At night, a fox." : "A fox." }
    if (isEndless) await new Promise(() => {})
    yield {
      type: "finish",
      finishReason: "stop",
      usage: { promptTokens: 1, completionTokens: 3, cachedTokens: 0 },
      timings: { firstTokenMs: 1, totalMs: 2, tokensPerSecond: 9 },
    }
  }
  const never = () => Promise.reject(new Error("not asked"))
  // What a panel asks for is `stream` alone.
  // One that fires nowhere, and one that does.
  const searchFeatures = async (query: string) => {
    if (searchError !== undefined) throw searchError
    return [
      { site: "resid_post", layer: 2, index: 77, label: "animals at night" },
      { site: "resid_post", layer: 4, index: 3, label: "animals" },
    ].filter(({ label }) => query.split(" ").every((word) => label.includes(word)))
  }
  const others = { generate: never, shield: never, inspect: never, decide: never }
  const effects = { stream, searchFeatures, ...others } as unknown as OpenEffects
  return { asked, effects }
}

function Panel({ maxTokens = 12 }: { readonly maxTokens?: number }) {
  const steering = useSteering({ maxTokens })
  const search = useFeatureSearch({ debounce: 0 })
  return (
    <SteeringPanel steering={steering} features={firingFeatures(texts)} search={search} prompt="Tell me a story." />
  )
}

const Browser = () => <FeatureBrowser texts={texts} search={useFeatureSearch({ debounce: 0 })} />

describe("a search among all labels", () => {
  it("lists what did not fire behind what did, each once", async () => {
    const screen = await render(
      <FacetProvider facet={tellingEffects().effects}>
        <Browser />
      </FacetProvider>,
    )
    await screen.getByRole("searchbox", { name: "Search features" }).fill("animals")
    await expect.element(screen.getByRole("button", { name: /^animals at night .* silent here/ })).toBeVisible()
    const names = screen.getByRole("list", { name: "Features that fire most" }).getByRole("button").elements()
    expect(names.map((name) => name.querySelector("[data-part=feature-name]")?.textContent)).toEqual([
      "animals",
      "animals at night",
    ])
  })

  it("finds by words in any order, and counts what fires here", async () => {
    const screen = await render(
      <FacetProvider facet={tellingEffects().effects}>
        <Browser />
      </FacetProvider>,
    )
    const search = screen.getByRole("searchbox", { name: "Search features" })
    await search.fill("als anim")
    await expect.element(screen.getByRole("button", { name: /^animals .* 2 tokens, 8.0 at most/ })).toBeVisible()
    await search.fill("night animals")
    await expect.element(screen.getByRole("button", { name: /^animals at night .* silent here/ })).toBeVisible()
  })

  it.each([
    ["FeatureBrowser", Browser],
    ["SteeringPanel", Panel],
  ])("says in %s when it fails", async (_, Shown) => {
    const { effects } = tellingEffects({ searchError: new InvalidRequestError(failedSearch) })
    const screen = await render(
      <FacetProvider facet={effects}>
        <Shown />
      </FacetProvider>,
    )
    await screen.getByRole("searchbox", { name: "Search features" }).fill("night")
    await expect.element(screen.getByText(/no autoencoders were opened/)).toBeVisible()
  })

  it("finds what can be steered by", async () => {
    const screen = await render(
      <FacetProvider facet={tellingEffects().effects}>
        <Panel />
      </FacetProvider>,
    )
    await screen.getByRole("searchbox", { name: "Search features" }).fill("night")
    await screen.getByRole("button", { name: "animals at night" }).click()
    await expect.element(screen.getByRole("slider", { name: /animals at night/ })).toBeVisible()
  })
})

describe("SteeringPanel", () => {
  it("steers by what was found, and shows the default answer beside the steered one", async () => {
    const { asked, effects } = tellingEffects()
    const screen = await render(
      <FacetProvider facet={effects}>
        <Panel />
      </FacetProvider>,
    )
    await screen.getByRole("searchbox", { name: "Search features" }).fill("animals")
    await screen.getByRole("button", { name: "animals", exact: true }).click()
    const slider = screen.getByRole("slider", { name: /animals/ })
    await expect.element(slider).toHaveAttribute("aria-valuetext", "+30")
    ;(slider.element() as HTMLElement).focus()
    await userEvent.keyboard("{ArrowRight}{ArrowRight}")
    await expect.element(slider).toHaveAttribute("aria-valuetext", "+32")
    await screen.getByRole("button", { name: "Compare" }).click()
    await expect.element(screen.getByRole("article", { name: "Steered" }).getByText("At night, a fox.")).toBeVisible()
    await expect.element(screen.getByRole("article", { name: "Default" }).getByText("A fox.")).toBeVisible()
    expect(asked.map(({ interventions }) => interventions)).toEqual(
      expect.arrayContaining([undefined, [{ type: "steer", site: "resid_post", layer: 4, feature: 3, strength: 32 }]]),
    )
    expect(asked.every(({ maxTokens }) => maxTokens === 12)).toBe(true)
  })

  it("asks nothing again when it is stopped, by pointer or by keyboard", async () => {
    const { asked, effects } = tellingEffects({ isEndless: true })
    const screen = await render(
      <FacetProvider facet={effects}>
        <Panel />
      </FacetProvider>,
    )
    const compare = screen.getByRole("button", { name: "Compare" })
    const stop = screen.getByRole("button", { name: "Stop" })
    await compare.click()
    await stop.click()
    await expect.element(compare).toBeVisible()
    await expect.element(compare).toHaveFocus()
    await userEvent.keyboard("{Enter}")
    await expect.element(stop).toHaveFocus()
    await userEvent.keyboard(" ")
    await expect.element(compare).toHaveFocus()
    expect(asked).toHaveLength(4)
  })

  it("keeps the keyboard's place where features are chosen and let go", async () => {
    const screen = await render(
      <FacetProvider facet={tellingEffects().effects}>
        <Panel />
      </FacetProvider>,
    )
    for (const name of ["Feature 9", "animals"]) {
      ;(screen.getByRole("button", { name, exact: true }).element() as HTMLElement).focus()
      await userEvent.keyboard("{Enter}")
      await expect.element(screen.getByRole("slider", { name: new RegExp(name) })).toHaveFocus()
    }
    for (const name of ["animals", "Feature 9"]) {
      ;(screen.getByRole("button", { name: `Do not steer by ${name}` }).element() as HTMLElement).focus()
      await userEvent.keyboard("{Enter}")
      await expect.element(screen.getByRole("list", { name: "Steered features" })).toHaveFocus()
    }
  })

  it("lets a feature go, and asks nothing without a prompt", async () => {
    const { effects } = tellingEffects()
    const screen = await render(
      <FacetProvider facet={effects}>
        <Panel />
      </FacetProvider>,
    )
    await screen.getByRole("button", { name: "Feature 9" }).click()
    await screen.getByRole("button", { name: "Do not steer by Feature 9" }).click()
    expect(screen.getByRole("slider").elements()).toHaveLength(0)
    await screen.getByRole("textbox", { name: "Prompt" }).fill(" ")
    await expect.element(screen.getByRole("button", { name: "Compare" })).toBeDisabled()
  })
})

it.each(["light", "dark"])("axe finds nothing (%s)", async (theme) => {
  document.documentElement.dataset["theme"] = theme
  document.body.style.background = "var(--facet-surface)"
  const { effects } = tellingEffects()
  const screen = await render(
    <FacetProvider facet={effects}>
      <FeatureBrowser texts={texts} selected={{ site: "resid_post", layer: 4, index: 3, label: "animals" }} />
      <Panel />
    </FacetProvider>,
  )
  await screen.getByRole("list", { name: "Features to steer by" }).getByRole("button").first().click()
  expect(await violations(screen.container)).toEqual([])
})
