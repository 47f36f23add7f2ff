import { expect, test } from "vitest"
import { checkMemory } from "../../peers/checkMemory.ts"

test("models that do not fit beside each other are refused before they are opened", () => {
  expect(() => checkMemory(1.4e9, 3, 10e9)).not.toThrow()
  expect(() => checkMemory(1.4e9, 4, 10e9)).toThrow(
    "4 models of 1.4 GB need about 12.3 GB of memory; 10.0 GB are free. Name fewer --sides, or a smaller --size.",
  )
})
