import { invalidRequest } from "../../words/Errors.ts"
import type { Site } from "../../words/Site.ts"

/** @throws InvalidRequestError unless what stands at the site is a part of the residual stream. */
export function checkWrites({ site }: Site, option: string): void {
  if (site === "resid_post" || site === "mlp_out") return
  throw invalidRequest(
    option,
    `what features of ${site} write goes through weights before it is a part of the residual stream`,
    "Name `resid_post` or `mlp_out`.",
  )
}
