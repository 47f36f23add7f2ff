/** Where the guard of a route comes from. */
import { guardWithJudge, needsModel, openOnce, type PromiseGuard } from "@facet/sdk"
import { type CallOptions, ClosedError, pickGuardOptions } from "@facet/sdk/words"
import type { ShieldRouteOptions } from "./ShieldRouteOptions.ts"

export interface Guards {
  /** The guard, its model opened if it is not. */
  readonly get: (call: CallOptions) => Promise<PromiseGuard>
  /** Closes what was opened. Asking afterwards is an error. */
  readonly dispose: () => Promise<void>
}

/** A judge that asks no model has none opened for it, unless the route names one. */
export function guardsOf(options: ShieldRouteOptions): Guards {
  const { facet, model } = options
  const guardOptions = pickGuardOptions(options)
  if (facet === undefined && model === undefined && !needsModel(options)) return withoutModel(options)
  const shared = openOnce(model === undefined ? facet : { shield: model })
  return { get: async (call) => (await shared.get(call)).guard(guardOptions), dispose: shared.dispose }
}

function withoutModel(options: ShieldRouteOptions): Guards {
  const guard = guardWithJudge(pickGuardOptions(options))
  let isDisposed = false
  return {
    get: async () => {
      if (isDisposed) throw new ClosedError()
      return guard
    },
    dispose: async () => void (isDisposed = true),
  }
}
