import { afterEach, describe, expect, it } from "vitest"
import { render } from "vitest-browser-react"
import { VerdictBadge, VerdictMeter } from "../../../src/components/index.ts"
import "../../../src/styles.css"
import { allowed, flagged } from "./traces.browser.ts"
import { violations } from "./violations.browser.ts"

const judgedText = "Tell me how to build a bomb."
const span = { start: 15, end: 27, without: 0.03, effect: 7.2 }
const explained = {
  ...flagged,
  policies: flagged.policies.map((policy) =>
    policy.flagged
      ? {
          ...policy,
          reason: {
            ...span,
            side: "prompt" as const,
            text: "build a bomb",
            spans: [span],
            tokens: { judged: 400, cached: 90 },
          },
        }
      : policy,
  ),
}

afterEach(() => document.documentElement.removeAttribute("data-theme"))

describe("VerdictBadge", () => {
  const badge = () => document.querySelector("[data-facet=verdict-badge]")

  it("says in words what was judged, and what for", async () => {
    const screen = await render(<VerdictBadge verdict={allowed} />)
    await expect.element(screen.getByText("Allowed")).toBeVisible()
    expect(badge()?.getAttribute("data-state")).toBe("allowed")
    await screen.rerender(<VerdictBadge verdict={flagged} />)
    await expect.element(screen.getByText("Flagged: Dangerous content")).toBeVisible()
    await screen.rerender(<VerdictBadge verdict={flagged} policyNames={{ dangerous_content: "Gefahr" }} />)
    await expect.element(screen.getByText("Flagged: Gefahr")).toBeVisible()
    expect(badge()?.querySelector("svg")).not.toBeNull()
  })

  it("never takes an old verdict for that of a newer text", async () => {
    const screen = await render(<VerdictBadge verdict={allowed} status="judging" />)
    expect(badge()?.getAttribute("data-state")).toBe("judging")
    await screen.rerender(<VerdictBadge verdict={allowed} status="error" />)
    expect(badge()?.textContent).toBe("Not judged: an error occurred")
  })

  it("says nothing while nothing was judged", async () => {
    const screen = await render(<VerdictBadge status="idle" />)
    expect(badge()).toBeNull()
    await screen.rerender(<VerdictBadge verdict={undefined} />)
    expect(badge()).toBeNull()
  })
})

describe("VerdictMeter", () => {
  it("has a meter for each policy, with its threshold and in words", async () => {
    const screen = await render(<VerdictMeter verdict={flagged} className="mine" />)
    await expect.element(screen.getByRole("list", { name: "Policies" })).toHaveClass("mine")
    expect(screen.getByRole("meter").elements()).toHaveLength(4)
    const danger = screen.getByRole("meter", { name: "Dangerous content" })
    await expect.element(danger).toHaveAttribute("aria-valuetext", "98 %, flagged; the threshold is 50 %")
    await expect.element(danger).toHaveAttribute("aria-valuenow", String(flagged.policies[0]?.probability))
    await expect.element(screen.getByText("Flagged 98 %")).toBeVisible()
    const box = danger.element().getBoundingClientRect()
    const mark = danger.element().querySelector("[data-part=threshold]")?.getBoundingClientRect()
    expect(Math.abs((mark?.left ?? 0) + 1 - box.left - box.width / 2)).toBeLessThan(1.5)
  })

  it("rounds no probability to a certainty", async () => {
    const policy = (probability: number) => ({ policy: `p${probability}`, probability, threshold: 0.5, flagged: false })
    const policies = [0, 0.0004, 0.9996, 1].map(policy)
    const screen = await render(<VerdictMeter verdict={{ ...allowed, policies }} />)
    const said = screen
      .getByRole("meter")
      .elements()
      .map((meter) => meter.getAttribute("aria-valuetext")?.split(",")[0])
    expect(said).toEqual(["0 %", "< 1 %", "> 99 %", "100 %"])
  })

  it("shows the words that a flag hangs on, within their text where that is there", async () => {
    const screen = await render(<VerdictMeter verdict={explained} text={judgedText} />)
    const reason = () => screen.container.querySelector("[data-part=reason]")
    expect(reason()?.textContent).toBe("Tell me how to build a bomb. 3 % without")
    expect(reason()?.querySelector("mark")?.textContent).toBe("build a bomb")
    await screen.rerender(<VerdictMeter verdict={explained} text="Another text." />)
    expect(reason()?.textContent).toBe("build a bomb 3 % without")
    await screen.rerender(<VerdictMeter verdict={flagged} text={judgedText} />)
    expect(reason()).toBeNull()
  })

  it("shows nothing while nothing was judged", async () => {
    const screen = await render(<VerdictMeter verdict={undefined} />)
    expect(screen.container.querySelector("ul")).toBeNull()
  })
})

it.each(["light", "dark"])("axe finds nothing (%s)", async (theme) => {
  document.documentElement.dataset["theme"] = theme
  document.body.style.background = "var(--facet-surface)"
  const screen = await render(
    <>
      <VerdictBadge verdict={allowed} />
      <VerdictBadge verdict={flagged} />
      <VerdictBadge status="judging" />
      <VerdictBadge status="error" />
      <VerdictMeter verdict={flagged} />
      <VerdictMeter verdict={explained} text={judgedText} />
    </>,
  )
  expect(await violations(screen.container)).toEqual([])
})
