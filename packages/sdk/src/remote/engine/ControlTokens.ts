/** Control tokens that texts spell. Servers that take texts read them as what they spell, and so a user could end a turn. */
import { invalidRequest } from "../../words/Errors.ts"
import type { TemplatePart } from "../../words/TemplatePart.ts"

/** Gemma's, as its tokenizers name them. Source: `tokenizer.json` of google/gemma-2-2b-it and google/gemma-3-4b-it. */
const spelled = /<(?:bos|eos|pad|unk|mask|start_of_turn|end_of_turn|start_of_image|end_of_image)>/

/** @throws InvalidRequestError for a text that a server would read a control token in. */
export function checkNoControls(option: string, text: string): void {
  const [found] = spelled.exec(text) ?? []
  if (found === undefined) return
  throw invalidRequest(
    option,
    `it spells ${found}, which the server would read as the control token`,
    "Take it out; a model on this machine, or behind facet serve, reads it as text.",
  )
}

/** A prompt as text, without the `<bos>` that servers put before texts by themselves. */
export const textOfParts = (parts: ReadonlyArray<TemplatePart>): string =>
  parts.map((part) => (typeof part === "string" ? part : part.control === "<bos>" ? "" : part.control)).join("")
