import type { Progress } from "@facet/sdk"
import { useState } from "react"
import { afterEach, expect, it, vi } from "vitest"
import { userEvent } from "vitest/browser"
import { render } from "vitest-browser-react"
import { ModelProgress, type ModelProgressProps } from "../../../src/components/index.ts"
import "../../../src/styles.css"
import { violations } from "./violations.browser.ts"

const download: Progress = {
  phase: "download",
  model: "google/gemma-2-2b-it",
  file: "model-00001-of-00002.safetensors",
  loadedBytes: 812_000_000,
  totalBytes: 2_614_000_000,
  source: "network",
  bytesPerSecond: 18_400_000,
}
/** Shaped as the SDK's errors are: a message that ends with the remedy. */
const failure = Object.assign(new Error("https://a.example/m: it sent a page. Check the address."), {
  remedy: "Check the address.",
})

afterEach(() => document.documentElement.removeAttribute("data-theme"))

it("asks to be loaded, and says so to its parent", async () => {
  const onLoad = vi.fn<() => void>()
  const screen = await render(<ModelProgress status="idle" model="tiny" onLoad={onLoad} className="mine" />)
  await screen.getByRole("button", { name: "Load model" }).click()
  expect(onLoad).toHaveBeenCalledExactlyOnceWith()
  expect(document.querySelector("[data-facet=model-progress]")?.classList.contains("mine")).toBe(true)
})

it("shows bytes, speed, time and source of a download, and can be cancelled", async () => {
  const onCancel = vi.fn<() => void>()
  const screen = await render(<ModelProgress status="downloading" progress={download} onCancel={onCancel} />)
  const bar = screen.getByRole("progressbar", { name: "Downloading the model" })
  await expect.element(bar).toHaveAttribute("aria-valuenow", "31")
  await expect.element(screen.getByText("812 MB of 2.6 GB · 18.4 MB/s · 2 min left · over the network")).toBeVisible()
  await screen.getByRole("button", { name: "Cancel" }).click()
  expect(onCancel).toHaveBeenCalledOnce()
})

it.each<[string, ModelProgressProps]>([
  ["Downloading the model", { status: "downloading" }],
  ["This model is being downloaded already", { status: "downloading", progress: { ...download, phase: "waiting" } }],
  ["Preparing the model", { status: "loading", progress: { ...download, phase: "session" } }],
  ["Reading the model", { status: "loading", progress: { ...download, phase: "files", totalBytes: 0 } }],
])("%s: a bar without a value where nobody can say how far", async (title, props) => {
  const screen = await render(<ModelProgress {...props} />)
  const bar = screen.getByRole("progressbar", { name: title })
  await expect.element(bar).not.toHaveAttribute("aria-valuenow")
  await expect.element(bar).toHaveAttribute("data-state", "indeterminate")
  await expect.element(screen.getByText("NaN")).not.toBeInTheDocument()
})

it("tells files that are here already from those of the network", async () => {
  const cached: Progress = { ...download, phase: "files", source: "cache" }
  const screen = await render(<ModelProgress status="loading" progress={cached} />)
  await expect.element(screen.getByText(/stored on this device/)).toBeVisible()
})

/** Loading starts with the first click, so that the next one meets the button that stops it. */
function Loading({ end }: { readonly end?: "ready" }) {
  const [status, setStatus] = useState<ModelProgressProps["status"]>("idle")
  return (
    <>
      <ModelProgress status={status} onLoad={() => setStatus("loading")} onCancel={() => setStatus("idle")} />
      {end === undefined ? undefined : (
        <p onMouseDown={(event) => event.preventDefault()} onClick={() => setStatus(end)}>
          end
        </p>
      )}
    </>
  )
}

it("is loaded by a double click, and by an Enter that is held", async () => {
  const screen = await render(<Loading />)
  await screen.getByRole("button", { name: "Load model" }).dblClick()
  await expect.element(screen.getByRole("button", { name: "Cancel" })).toBeVisible()
  await screen.getByRole("button", { name: "Cancel" }).click()
  screen.getByRole("button", { name: "Load model" }).element().focus()
  await userEvent.keyboard("{Enter>5/}")
  await expect.element(screen.getByRole("button", { name: "Cancel" })).toBeVisible()
})

it("keeps the focus when its button goes", async () => {
  const screen = await render(<Loading end="ready" />)
  const button = screen.getByRole("button", { name: "Load model" })
  button.element().focus()
  await userEvent.keyboard("{Enter}")
  await screen.getByText("end").click()
  await expect.element(screen.getByText("Ready")).toBeVisible()
  expect(document.activeElement?.getAttribute("data-facet")).toBe("model-progress")
})

it("says what it runs on when it is ready", async () => {
  const device = { name: "wasm", precision: "int8", threads: 4, rejected: [] } as const
  const screen = await render(<ModelProgress status="ready" device={device} onLoad={() => {}} onCancel={() => {}} />)
  await expect.element(screen.getByText("WebAssembly · int8 · 4 threads")).toBeVisible()
  expect(screen.getByRole("button").query()).toBeNull()
})

it("says what went wrong and what to do, each once, and tries again", async () => {
  const onLoad = vi.fn<() => void>()
  const screen = await render(<ModelProgress status="error" error={failure} onLoad={onLoad} />)
  const alert = screen.getByRole("alert")
  expect(alert.element().textContent).toBe("https://a.example/m: it sent a page.Check the address.")
  await screen.getByRole("button", { name: "Try again" }).click()
  expect(onLoad).toHaveBeenCalledOnce()
  await screen.rerender(<ModelProgress status="error" error={new Error("plain")} />)
  await expect.element(alert).toHaveTextContent("plain")
})

it("offers no button where a browser cannot run the model", async () => {
  const screen = await render(<ModelProgress status="unsupported" onLoad={() => {}} />)
  await expect.element(screen.getByText("This browser lacks what the model needs.")).toBeVisible()
  expect(screen.getByRole("button").query()).toBeNull()
})

it.each(["light", "dark"])("axe finds nothing (%s)", async (theme) => {
  document.documentElement.dataset["theme"] = theme
  const act = () => {}
  const screen = await render(
    <>
      <ModelProgress status="idle" model="tiny" onLoad={act} />
      <ModelProgress status="downloading" progress={download} onCancel={act} />
      <ModelProgress status="error" error={failure} onLoad={act} />
      <ModelProgress status="unsupported" error={failure} />
      <ModelProgress status="ready" />
    </>,
  )
  expect(await violations(screen.container)).toEqual([])
})
