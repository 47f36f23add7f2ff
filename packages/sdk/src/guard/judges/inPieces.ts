/** Long texts, for services that judge short ones. */
import type { Judgement } from "../../words/Judge.ts"
import { judgementOf, type JudgeSettings, type PolicyScore } from "./JudgeSettings.ts"

/** Pieces overlap by a quarter, so that what one border cuts in two another piece holds whole. */
const overlapShare = 4
/** Pieces that are asked at once. */
const mostAtOnce = 4

/** @param most UTF-16 units of a piece */
export const piecesOf = (text: string, most: number): ReadonlyArray<string> =>
  placedPieces(text, most).map(({ text: piece }) => piece)

/** {@link piecesOf}, and where each begins. */
export function placedPieces(
  text: string,
  most: number,
): ReadonlyArray<{ readonly start: number; readonly text: string }> {
  const pieces: Array<{ readonly start: number; readonly text: string }> = []
  const step = Math.max(1, most - Math.floor(most / overlapShare))
  for (let start = 0; start === 0 || start + (most - step) < text.length; start += step) {
    // A border may cut a character in two.
    pieces.push({ start, text: text.slice(start, start + most).toWellFormed() })
  }
  return pieces
}

/**
 * The worst of all pieces, policy by policy; a flag of any of them stays. One that fails makes the whole fail, unless another one
 * holds the text back: nothing that it says could change that.
 */
export async function inPieces(
  text: string,
  most: number,
  settings: JudgeSettings,
  ask: (piece: string) => Promise<ReadonlyArray<PolicyScore>>,
): Promise<Pick<Judgement, "policies">> {
  const pieces = piecesOf(text, most)
  const found: Array<ReadonlyArray<PolicyScore>> = []
  for (let i = 0; i < pieces.length; i += mostAtOnce) {
    const asked = await Promise.allSettled(pieces.slice(i, i + mostAtOnce).map(ask))
    found.push(...asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])))
    const failed = asked.find((one) => one.status === "rejected")
    if (failed === undefined) continue
    const told = judgementOf(worstOf(found.flat()), settings)
    if (told.policies.some(holdsBackAlone)) return told
    throw failed.reason
  }
  return judgementOf(worstOf(found.flat()), settings)
}

const holdsBackAlone = ({ action, probability, threshold }: Judgement["policies"][number]): boolean =>
  action === undefined && probability >= threshold

function worstOf(scores: ReadonlyArray<PolicyScore>): ReadonlyArray<PolicyScore> {
  const worst = new Map<string, PolicyScore>()
  for (const { isFlagged = false, policy, score } of scores) {
    const known = worst.get(policy)
    worst.set(policy, {
      policy,
      score: Math.max(score, known?.score ?? 0),
      isFlagged: isFlagged || known?.isFlagged === true,
    })
  }
  return [...worst.values()]
}
