import { repeatsName } from "@facet/sdk"
import { asItIs, type Clean, type Cleaned } from "./withoutForged.ts"

/** What goes out of a JSON document: where it has a name twice, what was judged of it and nothing else. */
export function asItWasRead(clean: Clean, json: string, parsed: { readonly value: unknown } | undefined): Cleaned {
  if (parsed === undefined) return asItIs(undefined)
  const cleaned = clean(parsed.value)
  return repeatsName(json) ? { ...cleaned, isChanged: true } : cleaned
}
