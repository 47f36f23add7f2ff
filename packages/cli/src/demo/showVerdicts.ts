/** The second effect: a harmless and a harmful prompt, judged. */
import type { Verdict } from "@facet/sdk/words"
import { bar } from "../bar.ts"
import type { Paint } from "../Paint.ts"
import { fit } from "../textWidth.ts"
import { percent, tint } from "../verdictTable.ts"
import { harmful, harmless, indent, type Stage, writeTitle } from "./Stage.ts"

const policyWidth = 19
const barWidth = 10
/** The first prompt's column, with its quotes and the gap to the next. */
const promptWidth = harmless.length + 5

export async function showVerdicts({ facet, screen, signal }: Stage): Promise<void> {
  const { paint } = screen
  await writeTitle(screen, "2 ShieldGemma judges", "shield(text): how likely does it violate a policy?")
  const left = await facet.shield(harmless, { signal })
  const right = await facet.shield(harmful, { signal })
  const write = (name: string, first: string, second: string) =>
    screen.writeLine(`${indent}${name.padEnd(policyWidth)}${first}${second}`.trimEnd())
  const room = 80 - indent.length - policyWidth - promptWidth
  await write("", `"${harmless}"`.padEnd(promptWidth), fit(`"${harmful}"`, room))
  for (const [i, entry] of left.policies.entries()) {
    const other = right.policies[i]
    if (other !== undefined) await write(entry.policy, measure(entry, promptWidth, paint), measure(other, 0, paint))
  }
  await write("verdict", sum(left, promptWidth, paint), sum(right, 0, paint))
}

type PolicyVerdict = Verdict["policies"][number]

/** Padded before it is painted: colours have no width. */
const measure = (entry: PolicyVerdict, width: number, paint: Paint): string => {
  const share = bar(entry.probability, barWidth)
  return tint(entry, `${percent(entry.probability)} ${share}`.padEnd(width), paint)
}

const sum = ({ flagged }: Verdict, width: number, paint: Paint): string =>
  flagged ? paint.bad("flagged".padEnd(width)) : paint.good("not flagged".padEnd(width))
