import { invalidRequest } from "@facet/sdk/words"

/** @throws InvalidRequestError when a client would change the model's inside, and the server does not let it. */
export function checkInterventions({ interventions }: { readonly interventions?: unknown }, areAllowed: boolean): void {
  const isNone = interventions === undefined || (Array.isArray(interventions) && interventions.length === 0)
  if (areAllowed || isNone) return
  throw invalidRequest(
    "interventions",
    "this server takes none from its clients",
    "Leave them out; whoever runs the server allows them by effects({ interventions: true }), or facet serve --interventions.",
  )
}
