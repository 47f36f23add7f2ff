/** Why a verdict fell, for people. */
import type { Verdict } from "@facet/sdk/words"
import type { Paint } from "./Paint.ts"
import { percent } from "./verdictTable.ts"

/** A line for each policy that has a reason: the words, and what its probability is without them. */
export const reasonLines = ({ policies }: Verdict, paint: Paint): ReadonlyArray<string> =>
  policies.flatMap(({ policy, reason, threshold }) => {
    if (reason === undefined) return []
    const left = `${percent(reason.without).trim()} without ${reason.without < threshold ? "it" : "it, still flagged"}`
    return [`${policy}: ${paint.bad(JSON.stringify(reason.text))} (${left})`]
  })
