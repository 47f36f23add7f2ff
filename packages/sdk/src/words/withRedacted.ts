import { cutsOf, redact } from "./Redaction.ts"
import { holdsBack, type Verdict } from "./Verdict.ts"

/** A verdict that says what is left of the text that was judged, where something is cut out of it and nothing holds it back. */
export function withRedacted(verdict: Verdict, text: string): Verdict {
  const cuts = cutsOf(verdict.policies)
  return cuts.length === 0 || holdsBack(verdict) ? verdict : { ...verdict, redacted: redact(text, cuts) }
}
