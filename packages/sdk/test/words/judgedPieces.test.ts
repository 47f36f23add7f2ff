/** Which pieces of a content are judged. */
import { assert, describe, it } from "vitest"
import { tries } from "../../../../test/campaign.ts"
import { judgedPieces, type Piece } from "../../src/words/judgedPieces.ts"
import { seededUniform } from "../uniform.ts"

/** Whether pieces cover all tokens. */
const covers = (pieces: ReadonlyArray<Piece>, length: number) =>
  Array.from({ length }, (_, i) => i).every((i) => pieces.some(({ end, start }) => start <= i && i < end))

describe("judgedPieces", () => {
  it("hold every token of both sides, and none is longer than the room", () => {
    const next = seededUniform(3)
    const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
    for (let round = 0; round < tries(300); round++) {
      const [prompt, room, most] = [whole(0, 200), whole(4, 60), whole(4, 60)]
      const response = next() < 0.5 ? undefined : whole(0, 200)
      const pieces = judgedPieces({ prompt, response, room, window: Math.min(room, most) })
      if (pieces === undefined) {
        assert.isAtMost(prompt + (response ?? 0), room)
        continue
      }
      const of = (side: "prompt" | "response") => pieces.flatMap((piece) => piece[side] ?? [])
      assert.isTrue(covers(of("prompt"), prompt))
      assert.isTrue(covers(of("response"), response ?? 0))
      const size = (piece: Piece | undefined) => (piece === undefined ? 0 : piece.end - piece.start)
      for (const piece of pieces) assert.isAtMost(size(piece.prompt) + size(piece.response), room)
    }
  })
})
