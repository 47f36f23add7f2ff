/** What the panel beside a text lists. */
import type { Feature, TraceToken } from "@facet/sdk/words"
import type { FeatureSummary } from "./FeatureSummary.ts"
import { visibleToken } from "./visibleToken.ts"

/** Features that are listed when they are those of the whole text, or found by a search. */
const mostListed = 12

const byStrength = (a: Feature, b: Feature): number => b.activation - a.activation

/** The strongest few, strongest first: of the thousands in a long text, the rest need no order. */
function strongestFew(features: Iterable<Feature>): ReadonlyArray<Feature> {
  const few: Array<Feature> = []
  for (const feature of features) {
    const weakest = few[mostListed - 1]
    if (weakest !== undefined && feature.activation <= weakest.activation) continue
    few.splice(mostListed - 1, 1, feature)
    few.sort(byStrength)
  }
  return few
}

export interface Listing {
  readonly title: string
  /** A token that is part of the title, drawn as text of the model. */
  readonly token?: string
  readonly features: ReadonlyArray<Feature>
  /** What to say when there are none, or more than are listed. */
  readonly note?: string
}

interface ListingRequest {
  readonly active: TraceToken | undefined
  readonly hidden: ReadonlySet<number>
  readonly query: string
  readonly summaries: ReadonlyMap<number, FeatureSummary>
}

/** What was searched for comes first, then the token that was pointed at, then the text as a whole. */
export function listingOf({ active, hidden, query, summaries }: ListingRequest): Listing {
  if (query.trim() !== "") return found(query, summaries)
  if (active !== undefined) return ofToken(active, hidden)
  const visible = [...summaries.values()].flatMap(({ peak }) => (hidden.has(peak.index) ? [] : [peak]))
  return withNote({ title: "Strongest features", features: strongestFew(visible) }, noteOfText(visible, summaries))
}

const withNote = (listing: Listing, note: string | undefined): Listing =>
  note === undefined ? listing : { ...listing, note }

function noteOfText(
  visible: ReadonlyArray<Feature>,
  summaries: ReadonlyMap<number, FeatureSummary>,
): string | undefined {
  if (visible.length > mostListed) return `and ${visible.length - mostListed} more`
  if (visible.length > 0) return undefined
  return summaries.size === 0 ? "No feature is active in this text." : "All features of this text are hidden as common."
}

/** Those that are hidden as common are found all the same. */
function found(query: string, summaries: ReadonlyMap<number, FeatureSummary>): Listing {
  const wanted = query.trim().replace(/^#/, "").normalize("NFKC").toLowerCase()
  const isMatch = ({ index, label }: Feature): boolean =>
    String(index).startsWith(wanted) || (label?.normalize("NFKC").toLowerCase().includes(wanted) ?? false)
  const matches = [...summaries.values()].flatMap(({ peak }) => (isMatch(peak) ? [peak] : []))
  const note =
    matches.length === 0
      ? "No feature of this text has that label or number."
      : matches.length > mostListed
        ? `and ${matches.length - mostListed} more`
        : undefined
  return withNote({ title: "Found", features: strongestFew(matches) }, note)
}

function ofToken({ features, token }: TraceToken, hidden: ReadonlySet<number>): Listing {
  const visible = features.filter(({ index }) => !hidden.has(index)).toSorted(byStrength)
  const filtered = features.length - visible.length
  const note =
    features.length === 0
      ? "No feature is active on this token."
      : filtered === 0
        ? undefined
        : `${filtered} hidden as common`
  return withNote({ title: "Token", token: visibleToken(token).shown, features: visible }, note)
}

/** The activation of the strongest feature that is shown; of the strongest of all when none is. */
export function strongestActivation(
  summaries: ReadonlyMap<number, FeatureSummary>,
  hidden: ReadonlySet<number>,
): number {
  let shown = 0
  let all = 0
  for (const [index, { peak }] of summaries) {
    all = Math.max(all, peak.activation)
    if (!hidden.has(index)) shown = Math.max(shown, peak.activation)
  }
  return shown === 0 ? all : shown
}
