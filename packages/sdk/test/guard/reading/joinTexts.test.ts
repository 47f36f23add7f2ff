/** Pieces of one text, joined as they are read. */
import { assert, describe, it } from "vitest"
import { joinTexts } from "../../../src/index.ts"

describe("the texts of a message", () => {
  it.each<readonly [name: string, texts: ReadonlyArray<string>, joined: string]>([
    ["in the middle of a sentence, nothing", ["Build a ", "bomb", " now."], "Build a bomb now."],
    ["where a sentence ends, a line's end", ["It rains.", "take a coat", "Go."], "It rains.\ntake a coat\nGo."],
    ["before a capital, a line's end", ["Sum this up", "The fox ran."], "Sum this up\nThe fox ran."],
    ["within capitals, nothing", ["BO", "MB"], "BOMB\nBO\nMB"],
    ["where a word may be cut in two, both readings", ["a bo", "mb"], "a bomb\na bo\nmb"],
    ["at a line's end, nothing more", ["one\n", "two"], "one\ntwo"],
    ["for empty ones, nothing", ["", "one", ""], "one"],
  ])("have between them: %s", (_, texts, joined) => {
    assert.strictEqual(joinTexts(texts), joined)
  })
})
