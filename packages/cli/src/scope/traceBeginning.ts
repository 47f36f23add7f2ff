import { ContextOverflowError, type Facet, type Trace } from "@facet/sdk"
import type { ScopeFacet } from "./openScopeFacet.ts"

/** A trace of a text, or of as much of its beginning as the model's context holds. */
export interface BeginningTrace {
  readonly trace: Trace
  readonly isCut: boolean
}

/** One long text of a corpus ends no work on it. */
export async function traceBeginning(
  { facet, looking }: Pick<ScopeFacet, "facet" | "looking">,
  text: string,
): Promise<BeginningTrace> {
  try {
    return { trace: await facet.inspect(text, looking), isCut: false }
  } catch (cause) {
    if (!(cause instanceof ContextOverflowError)) throw cause
    return { trace: await facet.inspect({ tokens: await firstTokens(facet, text, cause) }, looking), isCut: true }
  }
}

/** What is too long to be tokenised is first cut to what may just be: as many of the longest tokens as there is room for. */
async function firstTokens(
  facet: Facet,
  text: string,
  { characters, limit, tokens }: ContextOverflowError,
): Promise<ReadonlyArray<number>> {
  const room = characters === undefined ? text.length : limit * Math.floor(characters / tokens)
  // A pair of surrogates is not cut apart.
  const beginning = text.slice(0, room).replace(/[\ud800-\udbff]$/, "")
  return (await facet.tokens.encode(beginning)).slice(0, limit)
}

/** What is said of texts that were cut; nothing of none. */
export const toldOfCut = (cut: number): ReadonlyArray<string> =>
  cut === 0
    ? []
    : [
        `${cut === 1 ? "One text is" : `${cut} texts are`} longer than the model's context: only the beginning was read.`,
      ]
