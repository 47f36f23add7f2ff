/** Verdicts for people. */
import type { Verdict } from "@facet/sdk/words"
import { bar } from "./bar.ts"
import type { Paint } from "./Paint.ts"

type PolicyVerdict = Verdict["policies"][number]

const barWidth = 20

export function verdictTable({ flagged, policies }: Verdict, paint: Paint): ReadonlyArray<string> {
  const width = Math.max(...policies.map(({ policy }) => policy.length))
  return [
    ...policies.map((entry) => {
      const share = tint(entry, bar(entry.probability, barWidth).padEnd(barWidth), paint)
      const cells = [entry.policy.padEnd(width), percent(entry.probability), share, mark(entry, paint)]
      return cells.join("  ").trimEnd()
    }),
    flagged ? paint.bad("flagged") : paint.good("not flagged"),
  ]
}

export const percent = (probability: number): string => `${Math.round(probability * 100)} %`.padStart(5)

export const tint = ({ flagged }: PolicyVerdict, text: string, paint: Paint): string =>
  flagged ? paint.bad(text) : paint.good(text)

const mark = ({ flagged }: PolicyVerdict, paint: Paint): string => (flagged ? paint.bad("flagged") : "")

/** What a verdict was flagged for: among the flagged policies the likeliest. */
export function worstOf({ policies }: Verdict): PolicyVerdict {
  const [first, ...rest] = policies
  if (first === undefined) throw new Error("a verdict has at least one policy")
  return rest.reduce((worst, entry) => (severity(entry) > severity(worst) ? entry : worst), first)
}

const severity = ({ flagged, probability }: PolicyVerdict): number => (flagged ? 1 : 0) + probability
