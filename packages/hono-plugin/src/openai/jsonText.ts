import { badRequest } from "./ApiError.ts"

/** JSON as a model reads it: a text as it is, anything else as it is written. */
export function jsonText(value: unknown, param: string): string {
  if (typeof value === "string") return value
  try {
    return JSON.stringify(value)
  } catch {
    // A parser reads what is nested without end; whoever writes it runs out of stack.
    throw badRequest(param, "it is nested too deeply.", "invalid_value")
  }
}
