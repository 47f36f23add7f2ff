/** How the end of a guarded call is told. */
import type {
  LanguageModelV4CustomContent,
  LanguageModelV4FinishReason,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider"
import { InvalidArgumentError } from "@ai-sdk/provider"
import {
  type Blocked,
  type GuardPart,
  type GuardReport,
  facetFailure,
  ownMetadata,
  toJson,
  facetVerdict,
} from "@facet/sdk/words"
import type { ShieldMiddlewareOptions } from "./ShieldMiddlewareOptions.ts"

/** An error as it travels in metadata. */
interface ToldError {
  readonly name: string
  readonly message: string
}

/** `providerMetadata.facet` of a guarded answer. */
export interface FacetShieldMetadata {
  readonly verdicts: GuardReport["verdicts"]
  readonly report: Omit<GuardReport, "verdicts" | "blocked">
  /** There when the finish reason is `content-filter`, and raw `facet`. */
  readonly blocked?: Omit<Blocked, "error"> & { readonly error?: ToldError }
  /** Judgements that failed, and what they were about was let through since `onError` is `"allow"`. */
  readonly failures?: ReadonlyArray<{
    readonly of: "input" | "output"
    readonly channel?: string
    readonly error: ToldError
  }>
}

export type FailedPart = Extract<GuardPart<unknown>, { type: "failure" }>

export const blockedReason: LanguageModelV4FinishReason = { unified: "content-filter", raw: "facet" }

/** Adds to what the model told itself, which may be Facet too. */
export function metadataOf(
  { blocked, verdicts, ...report }: GuardReport,
  failures: ReadonlyArray<FailedPart>,
  told: SharedV4ProviderMetadata = {},
): SharedV4ProviderMetadata {
  const failed = failures.map(({ type: _type, ...failure }) => failure)
  const own = toJson({ verdicts, report, blocked, failures: failed.length === 0 ? undefined : failed })
  return { ...told, facet: ownMetadata({ ...told["facet"], ...own }) }
}

/** What a UI is shown of a block. */
export const blockedPart = ({ error, of, verdict }: Blocked): LanguageModelV4CustomContent =>
  verdict === undefined ? facetFailure({ of, error }) : facetVerdict({ of, verdict })

/** What is said in place of what was blocked; empty for nothing. */
export async function replacementOf(
  blocked: Blocked,
  onBlocked: ShieldMiddlewareOptions["onBlocked"],
): Promise<string> {
  const replacement: unknown = await onBlocked?.(blocked)
  if (replacement === undefined || typeof replacement === "string") return replacement ?? ""
  throw new InvalidArgumentError({
    argument: "onBlocked",
    message: `onBlocked: it gave ${replacement === null ? "null" : typeof replacement}. Return a text, or undefined.`,
  })
}
