/** The server's guard over the client's wish. */
import type { GenerateOptions } from "@facet/sdk"
import type { ServerSettings } from "../ServerOptions.ts"
import { invalid } from "../ServerOptions.ts"

/** @throws InvalidRequestError when the server has a guard and the client brings another, which would be ignored. */
export function withGuard(options: GenerateOptions, guard: ServerSettings["guard"]): GenerateOptions {
  if (guard === undefined) return options
  if (options.guard === undefined || typeof options.guard === "boolean") return { ...options, guard }
  throw invalid("guard", "this server has a guard of its own", "Leave `guard` out, or send true.")
}
