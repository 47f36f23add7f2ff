/** Long texts, for services that judge short ones. */
import type { PolicyScore } from "./JudgeSettings.ts"

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

/** The worst of all pieces, policy by policy; a flag of any of them stays. */
export async function inPieces(
  text: string,
  most: number,
  ask: (piece: string) => Promise<ReadonlyArray<PolicyScore>>,
): Promise<ReadonlyArray<PolicyScore>> {
  const pieces = piecesOf(text, most)
  const found: Array<ReadonlyArray<PolicyScore>> = []
  for (let i = 0; i < pieces.length; i += mostAtOnce) {
    found.push(...(await Promise.all(pieces.slice(i, i + mostAtOnce).map(ask))))
  }
  return worstOf(found.flat())
}

export function worstOf(scores: ReadonlyArray<PolicyScore>): ReadonlyArray<PolicyScore> {
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
