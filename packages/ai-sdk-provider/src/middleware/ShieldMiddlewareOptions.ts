/** What a shield around other models is told, checked before any model is called. */
import type { Facet, OpenOptions } from "@facet/sdk"
import {
  type Blocked,
  checkFunction,
  checkKnown,
  type EndedReport,
  guardOptionNames,
  type GuardOptions,
  type GuardPlan,
  InvalidRequestError,
  invalidRequest,
  isRecord,
  pickGuardOptions,
  readGuardOptions,
} from "@facet/sdk/words"
import { toInvalidArgument } from "../toProviderError.ts"

export interface ShieldMiddlewareOptions extends GuardOptions {
  /**
   * An open `Facet`, which is shared and never closed here, or the options to open one with: it is opened with the first
   * call, once per process and model, and closed by `dispose()`. Default: the embedded model.
   */
  readonly facet?: Facet | OpenOptions | undefined
  /**
   * Told when something was blocked. A text that it gives is said in place of what was blocked, unjudged; the finish
   * reason stays `content-filter`. What it throws becomes the call's error.
   */
  readonly onBlocked?: ((blocked: Blocked) => string | undefined | Promise<string | undefined>) | undefined
  /**
   * Told exactly once of each call, at its end: done, blocked, failed or aborted. What it throws is written to the console,
   * and decides nothing.
   */
  readonly onReport?: ((report: EndedReport) => unknown) | undefined
}

const ownNames = ["facet", "onBlocked", "onReport"] as const satisfies ReadonlyArray<keyof ShieldMiddlewareOptions>

/** Whether what is flagged is blocked. */
export const canBlock = ({ mode, output }: GuardOptions): boolean => mode !== "audit" && output !== "audit"

/**
 * How the guard understood its part of the options.
 *
 * @throws InvalidArgumentError that names the option.
 */
export function checkShieldOptions(options: ShieldMiddlewareOptions): GuardPlan {
  try {
    checkKnown(options, [...ownNames, ...guardOptionNames])
    checkFunction("onBlocked", options.onBlocked)
    checkFunction("onReport", options.onReport)
    if (options.facet !== undefined && !isRecord(options.facet)) {
      throw invalidRequest("facet", "it is no Facet", "Pass an open Facet, or the options to open one with.")
    }
    return readGuardOptions(pickGuardOptions(options), "")
  } catch (error) {
    throw error instanceof InvalidRequestError ? toInvalidArgument(error) : error
  }
}
