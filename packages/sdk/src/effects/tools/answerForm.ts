/** What an answer has to be where tools may be called instead of it: nothing of it can be taken for a call. */
import { checkConstraint, type Constraint, type JsonSchema } from "../../words/Constraint.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { GenerateOptions } from "../../words/GenerateOptions.ts"
import { functionTokens, type ToolFormat } from "../../words/ToolFormat.ts"
import { callHeadings } from "./callHeadings.ts"
import type { ReadTools } from "./readTools.ts"

type FormOptions = Pick<GenerateOptions<JsonSchema>, "choices" | "constraint" | "grammar" | "regex" | "schema">

/**
 * The form of an answer beside tools; undefined where it is free.
 *
 * A call begins with its `name`, and its `parameters` follow. An answer whose objects have members of these names has them
 * in the other order, which JSON does not mind: so each is known by its beginning, and the arguments of a call stream.
 *
 * @throws InvalidRequestError for a form of whose texts it cannot be said
 */
export function answerForm(
  { choices, schema, ...others }: FormOptions,
  tools: ReadTools,
  format?: ToolFormat,
): Constraint | undefined {
  for (const form of ["regex", "grammar", "constraint"] as const) {
    if (others[form] === undefined) continue
    const remedy = 'Use `schema` or `choices`, leave out one of them, or use toolChoice: "none".'
    throw invalidRequest(form, "it stands beside `tools`, and a text of it could be taken for a call", remedy)
  }
  if (schema !== undefined && choices !== undefined) {
    throw invalidRequest("schema", "it stands beside `choices`, and a text has one form", "Leave out one of them.")
  }
  if (schema !== undefined) {
    // A call in a format of tools begins with a token that no JSON has.
    const apart = format === undefined ? (["name", "parameters"] as const) : undefined
    return { type: "schema", schema, path: "schema", apart }
  }
  return choices === undefined ? undefined : choiceForm(choices, headingsOf(tools, format))
}

const headingsOf = (tools: ReadTools, format: ToolFormat | undefined): ReadonlyArray<string> =>
  format === undefined ? callHeadings(tools) : [functionTokens.call[0]]

function choiceForm(choices: ReadonlyArray<string>, headings: ReadonlyArray<string>): Constraint {
  const form: Constraint = { type: "choices", choices }
  checkConstraint(form, "choices")
  const like = choices.findIndex((text) => headings.some((heading) => text.startsWith(heading)))
  if (like < 0) return form
  throw invalidRequest(`choices[${like}]`, "it begins as a call of a tool does", "Leave it out, or the tools.")
}
