/** What a text has to be in which tools may be called. */
import type { Constraint } from "../../words/Constraint.ts"
import type { ReadTool, ReadTools } from "./readTools.ts"

/** How every call begins: behind it nothing but a call may follow. */
export const callStart = '{"name"'

/** Calls in one list. */
export const mostCalls = 8

/**
 * Under `required` it is a call; otherwise a text, or a text and then a call; or a call or an answer of some form. Arguments
 * fit the schema of their tool. Of a text that is free, no part begins as a call does, so that one cannot be taken for the
 * other.
 *
 * @param form of an answer, none of which can be taken for a call.
 */
export function toolConstraint(
  { callable, isParallel, isRequired }: ReadTools,
  form?: Constraint,
): Constraint | undefined {
  if (callable.length === 0) return undefined
  const call: Constraint = { type: "anyOf", of: callable.map(callOf) }
  const calls: Constraint = isParallel ? { type: "anyOf", of: [call, listOf(call)] } : call
  if (isRequired) return calls
  if (form !== undefined) return { type: "anyOf", of: [form, calls] }
  const text: Constraint = { type: "text", without: [callStart] }
  return { type: "anyOf", of: [text, { type: "sequence", of: [beforeCalls(text), calls] }] }
}

/** A bracket before a single call would be the beginning of a list, and a quote could end what begins as a call does. */
const beforeCalls = (text: Constraint): Constraint => ({
  type: "anyOf",
  of: [choice(""), { type: "sequence", of: [text, { type: "regex", regex: String.raw`[^\["]` }] }],
})

/** Spaces stand where models write them, and may be left out. */
const callOf = ({ name, parameters, path }: ReadTool): Constraint => ({
  type: "sequence",
  of: [{ type: "choices", choices: headingsOf(name) }, { type: "schema", schema: parameters, path }, choice("}")],
})

const spaces = ["", " "]

/** One by one, as it is known of texts in how few tokens they are said. */
const headingsOf = (name: string): ReadonlyArray<string> =>
  spaces.flatMap((first) =>
    spaces.flatMap((second) => spaces.map((last) => `{"name":${first}"${name}",${second}"parameters":${last}`)),
  )

/** The same grammar stands at each place of a list, so that it is made once. */
function listOf(call: Constraint): Constraint {
  const next: Constraint = { type: "sequence", of: [{ type: "regex", regex: ", ?" }, call] }
  const end = choice("")
  let rest: Constraint = end
  for (let calls = 1; calls < mostCalls; calls++) {
    rest = { type: "anyOf", of: [end, { type: "sequence", of: [next, rest] }] }
  }
  return { type: "sequence", of: [choice("["), call, rest, choice("]")] }
}

const choice = (text: string): Constraint => ({ type: "choices", choices: [text] })
