/** The server's guard over the client's wish. */
import { type GenerateOptions, invalidRequest } from "@facet/sdk/words"
import type { ServerSettings } from "../ServerOptions.ts"

/** @throws InvalidRequestError when the server has a guard and the client brings another, which would be ignored. */
export function withGuard(options: GenerateOptions, guard: ServerSettings["guard"]): GenerateOptions {
  if (guard === undefined) return options
  if (options.guard === undefined || typeof options.guard === "boolean") return { ...options, guard }
  throw invalidRequest("guard", "this server has a guard of its own", "Leave `guard` out, or send true.")
}
