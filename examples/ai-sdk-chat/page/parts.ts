/** What a message's parts say: its words, and what a guard found. */
import { isCustomContentUIPart, isTextUIPart, type UIMessage } from "ai"
import type { FacetFailurePart, FacetVerdictPart } from "@facet/ai-sdk-provider"

export type ToldVerdict = FacetVerdictPart["providerMetadata"]["facet"]
type ToldFailure = FacetFailurePart["providerMetadata"]["facet"]

export const textOf = ({ parts }: UIMessage): string =>
  parts
    .filter(isTextUIPart)
    .map(({ text }) => text)
    .join("\n")

export const verdictsOf = (message: UIMessage): ReadonlyArray<ToldVerdict> =>
  // Parts of this kind are made by the provider alone, and their type is its own.
  toldIn(message, "facet.verdict") as ReadonlyArray<ToldVerdict>

export const failuresOf = (message: UIMessage): ReadonlyArray<string> =>
  (toldIn(message, "facet.failure") as ReadonlyArray<ToldFailure>).map(({ error }) => error.message)

/** Whether the question was blocked, or the answer. */
export const blockedOf = (message: UIMessage): ToldVerdict["of"] | undefined =>
  verdictsOf(message).find(({ verdict }) => verdict.flagged)?.of

const toldIn = ({ parts }: UIMessage, kind: string): ReadonlyArray<unknown> =>
  parts
    .filter(isCustomContentUIPart)
    .filter((part) => part.kind === kind)
    .map(({ providerMetadata }) => providerMetadata?.["facet"])
    .filter((told) => told !== undefined)
