/** What a text has to be in which tools may be called in the format `function-call`. */
import type { Constraint } from "../../words/Constraint.ts"
import { functionTokens } from "../../words/ToolFormat.ts"
import type { ReadTool, ReadTools } from "./readTools.ts"
import { mostCalls } from "./toolConstraint.ts"

const [start, end] = functionTokens.call

/**
 * As `toolConstraint`, in the tokens of the format: a call stands between two of its own, and the next one follows at once.
 *
 * @param form of an answer.
 */
export function functionConstraint(
  { callable, isParallel, isRequired }: ReadTools,
  form?: Constraint,
): Constraint | undefined {
  if (callable.length === 0) return undefined
  const call: Constraint = { type: "anyOf", of: callable.map(callOf) }
  const calls = isParallel ? severalOf(call) : call
  if (isRequired) return calls
  if (form !== undefined) return { type: "anyOf", of: [form, calls] }
  // A text that spells the token would be read as one.
  const text: Constraint = { type: "text", without: [start] }
  return { type: "anyOf", of: [text, { type: "sequence", of: [text, calls] }] }
}

const control = (name: string): Constraint => ({ type: "control", control: name })
const exactly = (text: string): Constraint => ({ type: "choices", choices: [text] })

const callOf = ({ name, parameters, path }: ReadTool): Constraint => ({
  type: "sequence",
  of: [
    control(start),
    exactly(`call:${name}`),
    { type: "schema", schema: parameters, path, notation: "function-call" },
    control(end),
  ],
})

/** The same grammar stands at each place, so that it is made once. */
function severalOf(call: Constraint): Constraint {
  const none = exactly("")
  let rest: Constraint = none
  for (let calls = 1; calls < mostCalls; calls++) {
    rest = { type: "anyOf", of: [none, { type: "sequence", of: [call, rest] }] }
  }
  return { type: "sequence", of: [call, rest] }
}
