import { useState, version } from "react"
import { expect, inject, it } from "vitest"
import { render } from "vitest-browser-react"

function Counter() {
  const [count, setCount] = useState(0)
  return <button onClick={() => setCount(count + 1)}>count {count}</button>
}

it("runs on the React that its project is named for", async () => {
  expect(version.split(".")[0]).toBe(inject("react"))
  const screen = await render(<Counter />)
  await screen.getByRole("button").click()
  await expect.element(screen.getByText("count 1")).toBeVisible()
})
