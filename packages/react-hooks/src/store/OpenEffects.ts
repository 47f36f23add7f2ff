import type { Device } from "@facet/sdk"
import type { Effects } from "../remote/Effects.ts"

/** An open Facet, or anything with the same effects. */
export interface OpenEffects extends Effects {
  /** What was opened, for people to read. */
  readonly model?: string | undefined
  readonly device?: Device | undefined
}
