import { expect, test } from "vitest"
import { startSide } from "../../peers/startSide.ts"
import type { Opening } from "../../peers/Task.ts"

const opening: Opening = {
  folder: "/there/is/none",
  threads: 1,
  context: 512,
  guard: undefined,
  tunes: false,
  clock: "wall",
  checkout: "/there/is/none",
}

test("what goes wrong in a side's process is told with the side's name, and a side that has ended is no crash", async () => {
  const side = startSide("transformers.js")
  try {
    await expect(side.describe()).rejects.toThrow("transformers.js: Error: nothing is open yet")
    await expect(side.open(opening)).rejects.toThrow("transformers.js: ")
  } finally {
    await side.end()
  }
  await expect(side.describe()).rejects.toThrow("transformers.js has ended")
  await side.end()
}, 60_000)
