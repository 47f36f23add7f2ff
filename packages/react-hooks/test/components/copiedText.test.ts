import { assert, it } from "vitest"
import { copiedText } from "../../src/components/trace/copiedText.ts"
import { visibleToken } from "../../src/components/trace/visibleToken.ts"

const copied = (...tokens: ReadonlyArray<string>) =>
  copiedText(tokens.map((token) => ({ token, kind: visibleToken(token).kind })))

it("is the text, line ends, blanks and tabs included", () => {
  assert.strictEqual(copied("The", " fox", "\n\n", "   ", "a\tb", "\u200b"), "The fox\n\n   a\tb\u200b")
})

it("has no special tokens, and characters in the place of their bytes", () => {
  assert.strictEqual(copied("<bos>", "<0xE7>", "<0x88>", "<0x86>", "!", "<end_of_turn>"), "爆!")
})
