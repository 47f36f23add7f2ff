/** A content as a probe reads it: raw, or in the frame in which the model that writes has it while it writes. */
import { ContextOverflowError } from "../words/Errors.ts"
import type { FeaturesRequest } from "../words/Features.ts"
import type { ContentTexts } from "../words/Content.ts"
import type { ProbeFrame } from "../words/Probe.ts"
import type { Sliced } from "../words/Sliced.ts"
import { renderChat } from "../tokenizer/ChatTemplate.ts"
import type { OpenModel } from "./OpenModel.ts"
import { overlappingPieces } from "../words/overlappingPieces.ts"
import { checkMayFit } from "./RequestTokens.ts"
import { shieldPrompt } from "./shieldPrompt.ts"

/** What is run at once, `<bos>` first. */
export interface FramedTokens {
  readonly tokens: ReadonlyArray<number>
  /** The first token that is pooled: 1 behind `<bos>`, or where an answer begins. */
  readonly from: number
  /** The content's own tokens from `start` to before `end`, the first of which stands at `at`. */
  readonly own: { readonly at: number; readonly start: number; readonly end: number }
}

/** Pieces of a text that is longer than the context overlap by this share. */
const overlapShare = 4

/**
 * The response of an exchange, or its prompt where there is none; empty for no tokens. What is longer than the context comes in
 * overlapping pieces.
 *
 * In a chat's frame a prompt is a user's turn, with the opening of the answer behind it, and read as a whole; a response stands
 * behind its prompt, and is read alone.
 */
export function* framedTokens(
  model: OpenModel,
  { prompt = "", response }: ContentTexts,
  frame: ProbeFrame,
): Sliced<ReadonlyArray<FramedTokens>> {
  const { config, tokenizer } = model
  const side = response === undefined ? "prompt" : "response"
  const text = (response ?? prompt).trim()
  const ids = yield* tokenizer.encodeInSlices(text, side)
  if (ids.length === 0) return []
  if (frame === "raw") return pieces([config.bosId], ids, [], config.contextLength, 1)
  if (frame === "shield") return yield* inShield(model, { prompt: prompt.trim(), response: response?.trim() }, ids)
  const asked = function* (content: string): Sliced<ReadonlyArray<number>> {
    return yield* renderChat(tokenizer, [{ role: "user", content }], "answer")
  }
  if (response === undefined) {
    const whole = yield* asked(text)
    if (whole.length <= config.contextLength) return [{ tokens: whole, from: 1, own: placeOf(ids, whole) }]
    const { head, tail } = around(yield* asked("a"), yield* asked("b"))
    return pieces(head, ids, tail, config.contextLength, 1)
  }
  const before = yield* asked(prompt.trim())
  // A prompt that leaves its answer no room is left out.
  const head = before.length + ids.length <= config.contextLength ? before : yield* asked("")
  return pieces(head, ids, [], config.contextLength, head.length)
}

/**
 * In a guard's own frame a text stands as it does where the guard is asked, up to the first words of any guideline; it is pooled from
 * its first token on, and so is what the guard makes of it in the words behind.
 */
function* inShield(
  { config, spelling, tokenizer }: OpenModel,
  { prompt, response }: ContentTexts,
  ids: ReadonlyArray<number>,
): Sliced<ReadonlyArray<FramedTokens>> {
  const asked = function* (prompt: string | undefined, text: string, guideline: string): Sliced<ReadonlyArray<number>> {
    const policy = { ...anyPolicy, promptGuideline: guideline, responseGuideline: guideline }
    const content = response === undefined ? { prompt: text } : { prompt, response: text }
    // Two of the spellings were never published for responses, and one has the guideline in front of them.
    const usual = response === undefined || spelling === "B" ? spelling : "A"
    return yield* shieldPrompt(tokenizer, { ...content, policy, spelling: usual })
  }
  const framed = function* (prompt: string | undefined) {
    const [one, other] = [yield* asked(prompt, "a", guidelines[0]), yield* asked(prompt, "b", guidelines[0])]
    const { head, tail } = around(one, other)
    const { tail: behind } = around(one, yield* asked(prompt, "a", guidelines[1]))
    return { head, tail: tail.slice(0, Math.max(0, tail.length - behind.length - 1)) }
  }
  const whole = yield* framed(prompt)
  const isRoomy = whole.head.length + ids.length + whole.tail.length <= config.contextLength
  // A prompt that leaves its answer no room is left out.
  const { head, tail } = isRoomy ? whole : yield* framed("")
  return pieces(head, ids, tail, config.contextLength, head.length)
}

const anyPolicy = { id: "any", harm: "Any", threshold: 0.5 }
/** Alike as official ones are, and different behind that. */
const guidelines = ['"No A', '"No B'] as const

/** A whole text in a frame, which has to fit into the context with it. */
export function* framedText(
  model: OpenModel,
  { frame = "raw", side = "prompt", text }: Pick<FeaturesRequest, "frame" | "side" | "text">,
): Sliced<FramedTokens> {
  checkMayFit(model, text.length, "text")
  const isPrompt = side === "prompt"
  const content = { prompt: isPrompt ? text : undefined, response: isPrompt ? undefined : text }
  const [first, ...others] = yield* framedTokens(model, content, frame)
  if (others.length === 0) return first ?? { tokens: [model.config.bosId], from: 1, own: nowhere }
  const ids = yield* model.tokenizer.encodeInSlices(text, side)
  throw new ContextOverflowError({ tokens: ids.length + 1, limit: model.config.contextLength, subject: "text" })
}

const nowhere: FramedTokens["own"] = { at: 1, start: 0, end: 0 }

/** Where a text's tokens stand in a frame; nowhere where the frame spells it with others. */
function placeOf(ids: ReadonlyArray<number>, whole: ReadonlyArray<number>): FramedTokens["own"] {
  const last = whole.length - ids.length
  for (let at = 1; at <= last; at++) {
    if (ids.every((id, i) => whole[at + i] === id)) return { at, start: 0, end: ids.length }
  }
  return nowhere
}

/** What two prompts have in common, in front and behind. */
function around(one: ReadonlyArray<number>, other: ReadonlyArray<number>) {
  const same = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => {
    const end = a.findIndex((id, i) => id !== b[i])
    return end < 0 ? a.length : end
  }
  const front = same(one, other)
  return { head: one.slice(0, front), tail: one.slice(one.length - same(one.toReversed(), other.toReversed())) }
}

function pieces(
  head: ReadonlyArray<number>,
  ids: ReadonlyArray<number>,
  tail: ReadonlyArray<number>,
  context: number,
  from: number,
): ReadonlyArray<FramedTokens> {
  const room = Math.max(1, context - head.length - tail.length)
  return overlappingPieces(ids.length, room, Math.floor(room / overlapShare)).map(({ end, start }) => ({
    tokens: [...head, ...ids.slice(start, end), ...tail],
    from,
    own: { at: head.length, start, end },
  }))
}
