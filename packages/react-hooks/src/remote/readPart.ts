/** One line of a generation. */
import { errorFromPlain, type GenerationPart } from "@facet/sdk"
import { isRecord } from "./isRecord.ts"
import type { RemoteAnswer } from "./RemoteAnswer.ts"

const types = ["text", "trace", "verdict", "failure", "finish"]

/** @throws the error that the line tells */
export function readPart(line: unknown, answer: RemoteAnswer): GenerationPart {
  if (!isRecord(line)) throw answer.unexpected("a line that is no part of a generation")
  const { error, type } = line
  if (type === "error") throw answer.problem(line["problem"])
  if (typeof type !== "string" || !types.includes(type)) throw answer.unexpected("a part that is not known here")
  // The server is trusted with the fields of the types that it names.
  const part = line as unknown as GenerationPart
  if (part.type === "failure") return { ...part, error: errorFromPlain(error) ?? answer.problem(error) }
  if (part.type !== "finish" || part.guard?.blocked?.error === undefined) return part
  const { blocked } = part.guard
  const revived = errorFromPlain(blocked.error) ?? answer.problem(blocked.error)
  return { ...part, guard: { ...part.guard, blocked: { ...blocked, error: revived } } }
}
