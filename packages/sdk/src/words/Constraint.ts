/** The forms that a text may be held to, as an engine is told of them. */
import { checkJson } from "./checkJson.ts"
import { checkKnown, checkOneOf, checkUnicode, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import { isList, isRecord, type JsonRecord } from "./Json.ts"
import { functionTokenNames, type ToolFormat, toolFormats } from "./ToolFormat.ts"

/** A JSON Schema: draft-07 or 2020-12. */
export type JsonSchema = JsonRecord | boolean

/**
 * What a text has to be, from its first character to its last. It travels as data; the engine makes a grammar of it.
 *
 * - `schema`: a JSON text of a schema;
 * - `grammar`: what `root` is of a grammar in GBNF, the notation of llama.cpp;
 * - `regex`: what a regular expression of ECMAScript, flag `u`, matches from start to end;
 * - `choices`: one of some texts;
 * - `text`: any text in which none of some texts occurs;
 * - `control`: a control token of a model's format of tools, by its name; no model without the format has it;
 * - `sequence`: one after the other; `anyOf`: one of them.
 */
export type Constraint =
  | {
      readonly type: "schema"
      readonly schema: JsonSchema
      /** Where it stands, as a caller wrote it: errors name it. */
      readonly path?: string | undefined
      /** Two names of members: an object that has both has the second before the first, as other texts begin otherwise. */
      readonly apart?: readonly [first: string, second: string] | undefined
      /** The format in which the value is written, where that is not JSON. */
      readonly notation?: ToolFormat | undefined
    }
  | { readonly type: "grammar"; readonly grammar: string }
  | { readonly type: "regex"; readonly regex: string }
  | { readonly type: "choices"; readonly choices: ReadonlyArray<string> }
  | { readonly type: "control"; readonly control: string }
  | { readonly type: "text"; readonly without: ReadonlyArray<string> }
  | { readonly type: "sequence" | "anyOf"; readonly of: ReadonlyArray<Constraint> }

/** What each form holds beside its type. */
const fields: Readonly<Record<Constraint["type"], string>> = {
  schema: "schema",
  grammar: "grammar",
  regex: "regex",
  choices: "choices",
  control: "control",
  text: "without",
  sequence: "of",
  anyOf: "of",
}

/** Levels of a schema or a form. */
const deepest = 256
/** Forms that a form is put together of: one that stands twice counts twice, as it does in its data. */
const mostForms = 50_000
/** UTF-16 units of a pattern. */
const longestRegex = 20_000

/**
 * Checks what can be checked without following it: that it is data, no larger than anybody can use.
 *
 * @param path where it stands, as a caller writes it.
 * @throws InvalidRequestError that names the path of what is wrong
 */
export function checkConstraint(constraint: unknown, path: string): asserts constraint is Constraint {
  checkForm(constraint, path, 0, { left: mostForms })
}

function checkForm(constraint: unknown, path: string, depth: number, budget: { left: number }): void {
  if (depth > deepest) throw tooDeep(path)
  if (--budget.left < 0) {
    throw invalidRequest(path.slice(0, 100), `it is put together of more than ${mostForms} forms`, "Use fewer.")
  }
  const type = isRecord(constraint) ? constraint["type"] : undefined
  if (!isRecord(constraint) || typeof type !== "string" || !isConstraintType(type)) {
    throw invalidRequest(
      path,
      `${shown(constraint)} is no form`,
      `Use an object with a type of ${Object.keys(fields).join(", ")}.`,
    )
  }
  const field = fields[type]
  checkKnown(constraint, type === "schema" ? ["type", field, "path", "apart", "notation"] : ["type", field], path)
  const value = constraint[field]
  const at = pathOf(path, type, field)
  switch (type) {
    case "schema":
      checkApart(constraint["apart"], `${path}.apart`)
      checkOneOf(`${path}.notation`, constraint["notation"], toolFormats)
      return checkSchema(value, typeof constraint["path"] === "string" ? constraint["path"] : at)
    case "grammar":
      return checkUnicode(at, value)
    case "regex":
      return checkRegex(value, at)
    case "choices":
      return checkTexts(value, at, 1)
    case "control":
      return checkControl(value, at)
    case "text":
      return checkTexts(value, at, 0)
    case "sequence":
    case "anyOf":
      if (!isList(value) || value.length === 0)
        throw invalidRequest(at, "a list of forms is expected", "Pass at least one.")
      for (const [i, part] of value.entries()) checkForm(part, `${at}[${i}]`, depth + 1, budget)
  }
}

function checkControl(value: unknown, at: string): void {
  if (functionTokenNames.some((name) => name === value)) return
  throw invalidRequest(at, `${shown(value)} is no token of a format of tools`, "Use one of them.")
}

/** Whether it asks for what only models with a format of tools can write. */
export function isOfToolFormat(constraint: Constraint): boolean {
  switch (constraint.type) {
    case "control":
      return true
    case "schema":
      return constraint.notation !== undefined
    case "sequence":
    case "anyOf":
      return constraint.of.some(isOfToolFormat)
    default:
      return false
  }
}

const isConstraintType = (type: string): type is Constraint["type"] => Object.hasOwn(fields, type)

/** An option that is named for its form is its own path. */
const pathOf = (path: string, type: string, field: string): string => (path === type ? path : `${path}.${field}`)

function checkRegex(value: unknown, at: string): void {
  checkUnicode(at, value)
  if (value.length <= longestRegex) return
  throw invalidRequest(at, `it is longer than ${longestRegex} characters`, "Use a shorter one.")
}

function checkApart(apart: unknown, at: string): void {
  if (apart === undefined) return
  checkTexts(apart, at, 2)
  if (isList(apart) && apart.length === 2 && apart[0] !== apart[1]) return
  throw invalidRequest(at, "two names that differ are expected", "Pass them, or leave it out.")
}

function checkTexts(value: unknown, at: string, fewest: number): void {
  if (!isList(value) || value.length < fewest) {
    throw invalidRequest(at, `${shown(value)} where a list of texts is expected`, "Pass texts.")
  }
  for (const [i, text] of value.entries()) checkUnicode(`${at}[${i}]`, text)
}

/** A cycle, or a depth that no call stack holds, is refused before anything follows it. */
function checkSchema(schema: unknown, root: string): void {
  if (typeof schema !== "boolean" && !isRecord(schema)) {
    throw invalidRequest(root, `${shown(schema)} where a JSON Schema is expected`, "Pass an object, or true or false.")
  }
  checkJson(schema, root, { of: "a schema", deepest, remedy: remedyForDepth })
}

const remedyForDepth = "Use `$ref` for what comes back."

const tooDeep = (path: string) =>
  invalidRequest(path.slice(0, 100), `it is nested more than ${deepest} levels deep, or holds itself`, remedyForDepth)

const shown = (value: unknown): string => {
  const text = show(value)
  return text.length <= 60 ? text : `${text.slice(0, 60).toWellFormed()}…`
}
