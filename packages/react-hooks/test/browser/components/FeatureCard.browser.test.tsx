import { afterEach, expect, it } from "vitest"
import { render } from "vitest-browser-react"
import { FeatureCard } from "../../../src/components/index.ts"
import "../../../src/styles.css"
import { longTrace, story } from "./traces.browser.ts"
import { violations } from "./violations.browser.ts"

afterEach(() => document.documentElement.removeAttribute("data-theme"))

it("shows where a feature is active, and its strongest tokens", async () => {
  const screen = await render(
    <FeatureCard feature={{ index: 526, label: "animal names" }} trace={story} topTokens={2} />,
  )
  await expect.element(screen.getByRole("article", { name: "animal names" })).toBeVisible()
  await expect.element(screen.getByText("#526")).toBeVisible()
  await expect.element(screen.getByText("Active on 14 of 106 tokens", { exact: true })).toBeVisible()
  const name = screen.getByRole("img").element().getAttribute("aria-label")
  expect(name).toMatch(/^Active on 14 of 106 tokens, strongest at token \d+ with 29\.24$/)
  const tokens = screen.getByRole("listitem").elements()
  expect(tokens.map(({ textContent }) => textContent.trim())).toEqual(["fox 29.24", "fox 29.08"])
})

it("draws a long text in as many bars as can be told apart", async () => {
  const tokens = longTrace(4000).map((token) => ({ ...token, features: [{ index: 1, activation: token.id + 1 }] }))
  const screen = await render(<FeatureCard feature={{ index: 1 }} trace={tokens} />)
  expect(screen.container.querySelector("path")?.getAttribute("d")?.split("M")).toHaveLength(241)
})

it("says so where the feature is not active, and shows no chart without a text", async () => {
  const screen = await render(<FeatureCard feature={{ index: 99_999 }} trace={story} />)
  await expect.element(screen.getByText("Not active in this text")).toBeVisible()
  await expect.element(screen.getByRole("article")).toHaveAttribute("data-state", "inactive")
  await screen.rerender(<FeatureCard feature={{ index: 99_999 }} />)
  expect(screen.getByRole("img").query()).toBeNull()
})

it("links to Neuronpedia for an autoencoder of Gemma Scope, and nowhere else", async () => {
  const source = { model: "google/gemma-2-2b-it", saeId: "layer_4/width_16k/canonical" }
  const screen = await render(<FeatureCard feature={{ index: 526 }} trace={story} source={source} />)
  const link = screen.getByRole("link", { name: "View on Neuronpedia" })
  await expect.element(link).toHaveAttribute("href", "https://www.neuronpedia.org/gemma-2-2b/4-gemmascope-res-16k/526")
  await screen.rerender(<FeatureCard feature={{ index: 526 }} trace={story} source={{ ...source, model: "tiny" }} />)
  expect(link.query()).toBeNull()
})

it.each(["light", "dark"])("axe finds nothing (%s)", async (theme) => {
  document.documentElement.dataset["theme"] = theme
  const source = { model: "gemma-2-2b", saeId: "4-gemmascope-res-16k" }
  const screen = await render(
    <FeatureCard className="mine" feature={{ index: 526, label: "animal names" }} trace={story} source={source} />,
  )
  await expect.element(screen.getByRole("article")).toHaveClass("mine")
  expect(await violations(screen.container)).toEqual([])
})
