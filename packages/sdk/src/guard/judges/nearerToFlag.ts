import type { Judgement } from "../../words/Judge.ts"

type Said = Judgement["policies"][number]

/** How far beyond its threshold, or with a minus how far below. */
export const marginOf = ({ probability, threshold }: Said): number => probability - threshold

export const nearerToFlag = (one: Said, other: Said): Said => (marginOf(other) > marginOf(one) ? other : one)
