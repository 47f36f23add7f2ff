import { useState } from "react"
import type { Trace, TraceToken } from "@facet/sdk"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { cdp, page, userEvent } from "vitest/browser"
import { render } from "vitest-browser-react"
import { FeatureTrace } from "../../../src/components/index.ts"
import "../../../src/styles.css"
import { longTrace, mixed, story, tokensOfWords } from "./traces.browser.ts"
import { violations } from "./violations.browser.ts"

const tokenAt = (position: number): HTMLElement => {
  const token = document.querySelector<HTMLElement>(`[data-token="${position}"]`)
  if (token === null) throw new Error(`no token ${position}`)
  return token
}

const fox = tokensOfWords("<bos>", "The", " quick", " fox", " ran", ".")

beforeEach(() => userEvent.unhover(document.documentElement))
afterEach(() => document.documentElement.removeAttribute("data-theme"))

describe("the text", () => {
  it("colours each token by its strongest feature, on Neuronpedia's scale", async () => {
    await render(<FeatureTrace trace={fox} />)
    // 0.05 + 0.95 log10(1 + 9 · 2 / 5)
    expect(tokenAt(2).style.getPropertyValue("--facet-alpha")).toBe("0.68")
    expect(tokenAt(5).style.getPropertyValue("--facet-alpha")).toBe("1")
    expect(tokenAt(0).style.getPropertyValue("--facet-alpha")).toBe("")
    expect(getComputedStyle(tokenAt(5)).backgroundColor).toContain("52, 211, 153")
  })

  it("says how strong a token is without colour, too", async () => {
    await render(<FeatureTrace trace={fox} />)
    const thickness = [0, 1, 2, 3, 5].map((position) => getComputedStyle(tokenAt(position)).textDecorationThickness)
    expect([0, 1, 2, 3, 5].map((position) => tokenAt(position).dataset["strength"])).toEqual(["0", "1", "2", "3", "4"])
    expect(thickness.slice(1)).toEqual(["1px", "1px", "2px", "3px"])
    expect(getComputedStyle(tokenAt(0)).textDecorationLine).toBe("none")
  })

  it("names each token for screen readers", async () => {
    const screen = await render(
      <FeatureTrace trace={[...fox, { token: " or", id: 9, features: [{ index: 7, activation: 4.209 }] }]} />,
    )
    const name = (text: string) => screen.getByRole("option", { name: text, exact: true })
    await expect.element(name("token fox, strongest feature label 3, 3.00")).toBeVisible()
    await expect.element(name("token <bos>, no features")).toBeVisible()
    await expect.element(name("token or, strongest feature 7, 4.21")).toBeVisible()
  })

  it("shows what has no shape: line ends, blanks, tabs, bytes, direction marks", async () => {
    await render(<FeatureTrace trace={tokensOfWords("\n\n", "   ", "a\tb", "<0xE6>", "\u202eab", "\u200b", "")} />)
    const shown = Array.from({ length: 7 }, (_, position) => tokenAt(position).textContent)
    expect(shown).toEqual(["↵↵", "\u00a0\u00a0\u00a0", "a⇥b", "<0xE6>", "<U+202E>ab", "<U+200B>", "∅"])
    expect(tokenAt(0).getAttribute("aria-label")).toContain("token 2 new lines")
    expect(tokenAt(3).getAttribute("aria-label")).toContain("token <0xE6>")
    expect(tokenAt(1).getBoundingClientRect().top).toBeGreaterThan(tokenAt(0).getBoundingClientRect().top)
  })

  it("reads a paragraph in its own direction, whatever special tokens it starts with", async () => {
    await render(<FeatureTrace trace={tokensOfWords("<bos>", "مرحبا", " بالعالم", "\n", "The", " fox")} />)
    expect(tokenAt(2).getBoundingClientRect().left).toBeLessThan(tokenAt(1).getBoundingClientRect().left)
    expect(tokenAt(5).getBoundingClientRect().left).toBeGreaterThan(tokenAt(4).getBoundingClientRect().left)
    tokenAt(1).focus()
    await userEvent.keyboard("{ArrowLeft}")
    expect(document.activeElement).toBe(tokenAt(2))
  })

  it("is whole on paper, where nothing scrolls", async () => {
    await render(<FeatureTrace trace={longTrace(3000)} />)
    const text = tokenAt(0).closest<HTMLElement>("[data-part=text]")
    const hidden = () => (text?.scrollHeight ?? 0) - (text?.clientHeight ?? 0)
    expect(hidden()).toBeGreaterThan(0)
    await cdp().send("Emulation.setEmulatedMedia", { media: "print" })
    expect(hidden()).toBe(0)
    await cdp().send("Emulation.setEmulatedMedia", { media: "" })
  })

  it("is copied as it is, not as it is drawn", async () => {
    await render(<FeatureTrace trace={tokensOfWords("<bos>", "The", " fox", "\n", "   ", "ran")} />)
    const copy = (from: readonly [Node, number], to: readonly [Node, number]): string => {
      getSelection()?.setBaseAndExtent(...from, ...to)
      const event = new ClipboardEvent("copy", { bubbles: true, cancelable: true, clipboardData: new DataTransfer() })
      tokenAt(1).dispatchEvent(event)
      expect(event.defaultPrevented).toBe(true)
      return event.clipboardData?.getData("text/plain") ?? ""
    }
    const textOf = (position: number): Node => tokenAt(position).firstChild ?? document.body
    expect(copy([tokenAt(0), 0], [tokenAt(5), 1])).toBe("The fox\n   ran")
    expect(copy([textOf(2), 2], [textOf(5), 2])).toBe("ox\n   ra")
    getSelection()?.removeAllRanges()
  })

  it("says that there is nothing where there is nothing", async () => {
    const screen = await render(<FeatureTrace trace={undefined} />)
    await expect.element(screen.getByText("No tokens to show yet")).toBeVisible()
    expect(screen.getByRole("option").query()).toBeNull()
    await screen.rerender(<FeatureTrace trace={[{ token: "a", id: 1, features: [] }]} />)
    await expect.element(screen.getByText("No feature is active in this text.")).toBeVisible()
  })
})

describe("pointing and choosing", () => {
  it("lists the features of the token under the pointer, with the exact figure beside it", async () => {
    const screen = await render(<FeatureTrace trace={story} />)
    await userEvent.hover(tokenAt(5))
    const features = story.tokens[5]?.features ?? []
    await expect.element(screen.getByRole("button", { name: /^Feature 526/ })).toBeVisible()
    expect(screen.getByRole("list").getByRole("button").elements()).toHaveLength(features.length)
    await expect.element(screen.getByText(`+${features[0]?.activation.toFixed(4)}`)).toBeInTheDocument()
  })

  it("keeps a token on a click, and lets it go on the next", async () => {
    const screen = await render(<FeatureTrace trace={fox} />)
    const group = screen.getByRole("group", { name: "Feature trace" })
    await userEvent.click(tokenAt(3))
    await userEvent.hover(tokenAt(1))
    await expect.element(screen.getByRole("button", { name: /label 3/ })).toBeVisible()
    await expect.element(group).toHaveAttribute("data-state", "locked")
    expect(tokenAt(3).getAttribute("aria-selected")).toBe("true")
    await userEvent.click(tokenAt(3))
    await expect.element(group).toHaveAttribute("data-state", "idle")
    await userEvent.hover(tokenAt(1))
    await expect.element(screen.getByRole("button", { name: /label 1/ })).toBeVisible()
  })

  it("lets a token go when another text takes its place", async () => {
    const screen = await render(<FeatureTrace trace={story} />)
    await userEvent.click(tokenAt(5))
    await screen.rerender(<FeatureTrace trace={mixed} />)
    await expect.element(screen.getByRole("group", { name: "Feature trace" })).toHaveAttribute("data-state", "idle")
  })

  it("shows a chosen feature along the whole text", async () => {
    const onFeatureSelect = vi.fn<(index: number | null) => void>()
    const screen = await render(<FeatureTrace trace={story} onFeatureSelect={onFeatureSelect} />)
    await userEvent.click(tokenAt(5))
    await screen.getByRole("button", { name: /^Feature 526/ }).click()
    expect(onFeatureSelect).toHaveBeenLastCalledWith(526)
    await expect.element(screen.getByRole("article", { name: "Feature 526" })).toBeVisible()
    const active = story.tokens.flatMap(({ features }, position) =>
      features.some(({ index }) => index === 526) ? [position] : [],
    )
    await expect.poll(() => coloured()).toEqual(active)
    await screen.getByRole("button", { name: "Show all features" }).click()
    expect(onFeatureSelect).toHaveBeenLastCalledWith(null)
    await expect.poll(() => coloured().length).toBeGreaterThan(active.length)
  })

  it("shows the feature that its parent holds", async () => {
    function Held() {
      const [feature, setFeature] = useState<number | null>(526)
      return <FeatureTrace trace={story} feature={feature} onFeatureSelect={setFeature} />
    }
    const screen = await render(<Held />)
    await expect.element(screen.getByRole("article", { name: "Feature 526" })).toBeVisible()
    await screen.getByRole("button", { name: "Show all features" }).click()
    expect(screen.getByRole("article").query()).toBeNull()
  })

  it("finds features by label and by number", async () => {
    const screen = await render(<FeatureTrace trace={fox} />)
    const list = screen.getByRole("list")
    await screen.getByRole("searchbox", { name: "Search features" }).fill("LABEL 4")
    await expect.poll(() => list.getByRole("button").elements().length).toBe(1)
    await screen.getByRole("searchbox").fill("#3")
    await expect.element(list.getByRole("button", { name: /label 3/ })).toBeVisible()
    await screen.getByRole("searchbox").fill("giraffe")
    await expect.element(screen.getByText("No feature of this text has that label or number.")).toBeVisible()
  })
})

describe("common features", () => {
  const common = (tokens: number): ReadonlyArray<TraceToken> =>
    Array.from({ length: tokens }, (_, id) => ({
      token: " a",
      id,
      features: [
        { index: 1, activation: 9, label: "everywhere" },
        ...(id === 3 ? [{ index: 2, activation: 2, label: "once" }] : []),
      ],
    }))

  it("hides them, says so, and shows them when asked to", async () => {
    const screen = await render(<FeatureTrace trace={common(40)} />)
    await expect.element(screen.getByText("1 hidden")).toBeVisible()
    expect(coloured()).toEqual([3])
    expect(tokenAt(0).getAttribute("aria-label")).toBe("token a, its features are hidden")
    await screen.getByRole("combobox", { name: "Hide common features" }).selectOptions("none")
    await expect.poll(() => coloured().length).toBe(40)
  })

  it("hides none in a short text", async () => {
    await render(<FeatureTrace trace={common(14)} />)
    expect(coloured()).toHaveLength(14)
  })

  it("starts where its parent says", async () => {
    const screen = await render(<FeatureTrace trace={common(14)} maxDensity={0.5} densityFilter={false} />)
    expect(coloured()).toEqual([3])
    expect(screen.getByRole("combobox").query()).toBeNull()
  })
})

describe("the keyboard", () => {
  it("reaches the text with one tab and leaves it with another", async () => {
    await render(<FeatureTrace trace={fox} search={false} densityFilter={false} />)
    await userEvent.tab()
    expect(document.activeElement).toBe(tokenAt(0))
    await userEvent.tab()
    expect(document.activeElement?.getAttribute("data-part")).not.toBe("token")
  })

  it("moves along the text, to its ends, and stays within", async () => {
    await render(<FeatureTrace trace={fox} />)
    tokenAt(0).focus()
    const press = async (keys: string): Promise<string | undefined> => {
      await userEvent.keyboard(keys)
      return document.activeElement instanceof HTMLElement ? document.activeElement.dataset["token"] : undefined
    }
    expect(await press("{ArrowRight}{ArrowRight}")).toBe("2")
    expect(await press("{ArrowLeft}")).toBe("1")
    expect(await press("{End}")).toBe("5")
    expect(await press("{ArrowRight}")).toBe("5")
    expect(await press("{Home}{ArrowLeft}")).toBe("0")
  })

  it("moves to the nearest token of the next line, wherever the text wraps, and back", async () => {
    await render(
      <div style={{ width: 420 }}>
        <FeatureTrace trace={story} />
      </div>,
    )
    tokenAt(8).focus()
    const before = tokenAt(8).getBoundingClientRect()
    await userEvent.keyboard("{ArrowDown}")
    const below = document.activeElement?.getBoundingClientRect() ?? before
    expect(below.top).toBeGreaterThan(before.top)
    expect(below.top - before.top).toBeLessThan(before.height * 2)
    await userEvent.keyboard("{ArrowDown}{ArrowUp}{ArrowUp}")
    expect(document.activeElement).toBe(tokenAt(8))
    await userEvent.keyboard("{Home}{ArrowUp}")
    expect(document.activeElement).toBe(tokenAt(0))
  })

  it("locks with Enter, unlocks with Escape, and leaves further Escapes to others", async () => {
    const onKeyDown = vi.fn<(event: { readonly key: string }) => void>()
    const screen = await render(
      <div onKeyDown={onKeyDown}>
        <FeatureTrace trace={fox} />
      </div>,
    )
    const group = screen.getByRole("group", { name: "Feature trace" })
    tokenAt(3).focus()
    await userEvent.keyboard("{Enter}")
    await expect.element(group).toHaveAttribute("data-state", "locked")
    await userEvent.keyboard("{Escape}")
    await expect.element(group).toHaveAttribute("data-state", "idle")
    await userEvent.keyboard("{Escape}")
    await expect.element(screen.getByText("Strongest features")).toBeVisible()
    expect(onKeyDown).not.toHaveBeenCalled()
    await userEvent.keyboard("{Escape}")
    expect(onKeyDown).toHaveBeenCalledOnce()
  })
})

describe("long and growing texts", () => {
  it("draws all of a long text, and on hovering changes two tokens", async () => {
    await render(<FeatureTrace trace={longTrace(4000)} />)
    await expect.poll(() => document.querySelectorAll("[data-token]").length).toBe(4000)
    await userEvent.hover(tokenAt(10))
    const changed = await changesIn("[data-part=text]", () => userEvent.hover(tokenAt(40)))
    expect([...new Set(changed)].sort()).toEqual(["10", "40"])
  })

  it("appends tokens without touching those before", async () => {
    const tokens = longTrace(1200)
    // A strongest token ahead of all, so that no later one changes the scale.
    const all = tokens.map((token, position) =>
      position === 1 ? { ...token, features: [{ index: 5, activation: 99, label: "first" }] } : token,
    )
    const shown = (count: number) => (
      // Out of the pointer's reach, which lies where it lay.
      <div style={{ pointerEvents: "none" }}>
        {/* As a stream does: another list, with tokens that were read anew. */}
        <FeatureTrace trace={structuredClone(all.slice(0, count))} maxDensity={1} />
      </div>
    )
    const screen = await render(shown(1100))
    await expect.poll(() => document.querySelectorAll("[data-token]").length).toBe(1100)
    const first = tokenAt(1)
    const changed = await changesIn("[data-part=text]", async () => {
      await screen.rerender(shown(1110))
      await expect.poll(() => document.querySelectorAll("[data-token]").length).toBe(1110)
    })
    expect(tokenAt(1)).toBe(first)
    expect(changed.filter((token) => Number(token) < 1100)).toEqual([])
  })
})

describe("as part of a page", () => {
  it("passes on native properties, the class name and the ref", async () => {
    let element: HTMLDivElement | null = null
    const screen = await render(
      <FeatureTrace
        trace={fox}
        id="mine"
        className="wide"
        aria-label="Why it said so"
        ref={(node) => {
          element = node
        }}
      />,
    )
    const group = screen.getByRole("group", { name: "Why it said so" })
    await expect.element(group).toHaveClass("wide")
    expect(group.element()).toBe(element)
    expect(group.element().id).toBe("mine")
  })

  it("is as wide as a phone, no wider", async () => {
    await page.viewport(390, 800)
    const screen = await render(<FeatureTrace trace={mixed} feature={73} />)
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(390)
    const edge = document.querySelector("[data-part=paragraph]")?.getBoundingClientRect().right ?? 0
    const words = document.querySelectorAll("[data-token]:not([data-kind=blank])")
    expect(words.length).toBeGreaterThan(80)
    for (const word of words) expect(word.getBoundingClientRect().right).toBeLessThanOrEqual(edge + 1)
    expect(await violations(screen.container)).toEqual([])
    await page.viewport(1280, 800)
  })

  it("names the token in full in a narrow panel, however long it is", async () => {
    await page.viewport(320, 800)
    const long = " antidisestablishmentarianism".repeat(2)
    await render(<FeatureTrace trace={tokensOfWords("The", " helpful", long)} />)
    for (const position of [1, 2]) {
      await userEvent.click(tokenAt(position))
      const header = document.querySelector("[data-part=panel-header]")
      const name = header?.querySelector("[data-part=token-text]")
      if (!header || !name) throw new Error("there is no title")
      expect(header.textContent).toMatch(/locked.*Whole text/)
      expect(name.scrollWidth).toBeLessThanOrEqual(name.clientWidth)
      expect(header.scrollWidth).toBeLessThanOrEqual(header.clientWidth)
      for (const part of header.querySelectorAll("*")) {
        expect(part.getBoundingClientRect().right).toBeLessThanOrEqual(header.getBoundingClientRect().right + 1)
      }
    }
    await page.viewport(1280, 800)
  })

  const states: ReadonlyArray<readonly [string, Trace | ReadonlyArray<TraceToken>, number | null]> = [
    ["a story", story, null],
    ["a feature", story, 526],
    ["bytes and blanks", mixed, null],
    ["nothing", [], null],
  ]
  for (const theme of ["light", "dark"]) {
    it.each(states)(`axe finds nothing in %s (${theme})`, async (_name, trace, feature) => {
      document.documentElement.dataset["theme"] = theme
      document.body.style.background = "var(--facet-surface)"
      const screen = await render(<FeatureTrace trace={trace} feature={feature} />)
      if (trace === story) await userEvent.click(tokenAt(5))
      expect(await violations(screen.container)).toEqual([])
    })
  }
})

/** Positions of the tokens that show any strength. */
const coloured = (): ReadonlyArray<number> =>
  Array.from(document.querySelectorAll<HTMLElement>("[data-token]")).flatMap((token) =>
    token.dataset["strength"] === "0" ? [] : [Number(token.dataset["token"])],
  )

/** Positions of the tokens whose elements change meanwhile. */
async function changesIn(selector: string, act: () => Promise<void>): Promise<ReadonlyArray<string>> {
  const element = document.querySelector(selector)
  if (element === null) throw new Error(`no ${selector}`)
  const changed: Array<string> = []
  const observer = new MutationObserver((records) => {
    for (const { target } of records) {
      const token = (target instanceof Element ? target : target.parentElement)?.getAttribute("data-token")
      if (token !== null && token !== undefined) changed.push(token)
    }
  })
  observer.observe(element, { subtree: true, childList: true, attributes: true, characterData: true })
  await act()
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  observer.disconnect()
  return changed
}
