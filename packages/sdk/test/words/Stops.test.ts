import { assert, describe, it } from "vitest"
import { InvalidRequestError } from "../../src/words/Errors.ts"
import { checkStops } from "../../src/words/Stops.ts"

describe("checkStops", () => {
  it("refuses what cannot be a stop string", () => {
    const wrong: Array<[Array<unknown>, string]> = [
      [[""], "stop[0]"],
      [["a", ""], "stop[1]"],
      [["\ud83d"], "stop[0]"],
      [["a".repeat(1025)], "stop[0]"],
      [[1], "stop[0]"],
      [Array.from({ length: 65 }, () => "a"), "stop"],
    ]
    for (const [stops, option] of wrong) {
      let error: unknown
      try {
        checkStops(stops as Array<string>) // what a caller without types may pass
      } catch (caught) {
        error = caught
      }
      assert.instanceOf(error, InvalidRequestError)
      assert.strictEqual((error as InvalidRequestError).option, option)
    }
    checkStops(Array.from({ length: 64 }, () => "a"))
    checkStops([])
  })
})
