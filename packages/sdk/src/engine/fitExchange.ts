/** How much of a chat a guard is told: measured in its own tokens. */
import type { JudgeRequest } from "../words/Request.ts"
import type { Sliced } from "../words/Sliced.ts"
import type { Verdict } from "../words/Verdict.ts"
import type { OpenModel } from "./OpenModel.ts"

/** The most tokens of a chat: reading it takes a time that grows with them, before each sentence that it judges for the first time. */
const mostTokens = 1_536

/** The chat that is judged as a prompt, and how much of it that is. */
export interface FittedExchange {
  readonly prompt: string
  readonly told: NonNullable<Verdict["exchange"]>
}

/**
 * The newest messages that fit, whole ones, into the window beside the policy's words and the response, or half of it where that is
 * longer; the last in any case, which is cut into pieces like any text that is too long.
 *
 * @param room tokens for a content beside the words of the policy.
 */
export function* fitExchange(
  { tokenizer }: Pick<OpenModel, "tokenizer">,
  { lines, older }: NonNullable<JudgeRequest["exchange"]>,
  response: string | undefined,
  room: number,
): Sliced<FittedExchange> {
  const answer = response === undefined ? 0 : (yield* tokenizer.encodeInSlices(response, "response")).length
  const most = Math.min(mostTokens, room - Math.min(answer, Math.floor(room / 2)))
  let first = lines.length - 1
  let prompt = lines[first] ?? ""
  while (first > 0) {
    const more = `${lines[first - 1] ?? ""}\n${prompt}`
    if ((yield* tokenizer.encodeInSlices(more, "prompt")).length > most) break
    prompt = more
    first--
  }
  return { prompt, told: { messages: lines.length - Math.max(0, first), leftOut: Math.max(0, first) + older } }
}
