import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { cdp } from "vitest/browser"
import { render } from "vitest-browser-react"
import { VerdictMeter } from "../../../src/components/index.ts"
import "../../../src/styles.css"

const light = "#ffffff"
const dark = "#121715"

/** What the system prefers; an empty value is what it says itself. */
const prefer = (value: string): Promise<unknown> =>
  cdp().send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] })

function surfaceOf(element: Element): string {
  const style = getComputedStyle(element)
  const surface = style.getPropertyValue("--facet-surface").trim()
  expect(style.colorScheme).toBe(surface === light ? "light" : "dark")
  return surface
}

afterEach(async () => {
  document.documentElement.removeAttribute("data-theme")
  await prefer("")
})

describe.each([
  ["light", light],
  ["dark", dark],
])("where the system is %s", (system, systemSurface) => {
  beforeEach(async () => {
    await prefer(system)
    expect(matchMedia(`(prefers-color-scheme: ${system})`).matches).toBe(true)
  })

  it("follows it", async () => {
    const { container } = await render(<VerdictMeter verdict={verdict} />)
    expect(surfaceOf(meterIn(container))).toBe(systemSurface)
  })

  it.each([
    ["light", light],
    ["dark", dark],
  ])("is %s when the page says so, or what is around a component", async (theme, surface) => {
    document.documentElement.dataset["theme"] = theme
    const whole = await render(<VerdictMeter verdict={verdict} />)
    expect(surfaceOf(meterIn(whole.container))).toBe(surface)

    const other = theme === "light" ? "dark" : "light"
    document.documentElement.dataset["theme"] = other
    const part = await render(
      <div data-theme={theme}>
        <VerdictMeter verdict={verdict} />
      </div>,
    )
    expect(surfaceOf(meterIn(part.container))).toBe(surface)
  })
})

const verdict = {
  flagged: false,
  policies: [{ policy: "harassment", probability: 0.1, threshold: 0.5, flagged: false }],
  tokens: { judged: 20, cached: 0 },
} as const

function meterIn(container: Element): Element {
  const meter = container.querySelector("[data-facet=verdict-meter]")
  if (meter === null) throw new Error("there is no meter")
  return meter
}
