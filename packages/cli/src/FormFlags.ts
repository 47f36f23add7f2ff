/** The form that a text is held to, as options of a command. */
import { readFile } from "node:fs/promises"
import { type GenerateOptions, InvalidRequestError, isRecord, parseJson } from "@facet/sdk/words"
import type { OptionSpec, Values } from "./Options.ts"
import { UsageError } from "./UsageError.ts"

export const formOptions = {
  schema: { kind: "text", value: "FILE", about: "the text is JSON that fits this JSON Schema; --json adds `object`" },
  grammar: { kind: "text", value: "FILE", about: "the text is what `root` is of this grammar in GBNF" },
  regex: { kind: "text", value: "R", about: "the text is what this regular expression matches from start to end" },
  choice: { kind: "list", value: "C", about: "the text is one of these; may be given several times" },
} as const satisfies Readonly<Record<string, OptionSpec>>

type Given = Values<typeof formOptions>
export type FormValues = { readonly [Name in keyof Given]: Given[Name] | undefined }

/** The form as the SDK takes it: what a schema's file holds is plain JSON. */
export interface Form extends Pick<GenerateOptions, "grammar" | "regex" | "choices"> {
  readonly schema?: boolean | Readonly<Record<string, unknown>>
}

/** @throws UsageError for several forms, and for a file that cannot be read or is no JSON. */
export async function readForm(values: FormValues): Promise<Form> {
  const { choice, grammar, regex, schema } = values
  const [first, second] = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]))
  if (second !== undefined) throw new UsageError(`${first} and ${second} are two forms, and a text has one.`)
  if (schema !== undefined) return { schema: await readSchemaFile(schema) }
  if (grammar !== undefined) return { grammar: await readFormFile("--grammar", grammar) }
  if (regex !== undefined) return { regex }
  return choice === undefined ? {} : { choices: choice }
}

async function readSchemaFile(file: string): Promise<NonNullable<Form["schema"]>> {
  const document = parseJson(await readFormFile("--schema", file))
  if (document === undefined) throw new UsageError(`--schema: ${file} is no JSON`)
  const { value } = document
  if (typeof value === "boolean" || isRecord(value)) return value
  throw new UsageError(`--schema: ${file} is no JSON Schema: an object is expected, or true or false`)
}

const readFormFile = (flag: string, file: string): Promise<string> =>
  readFile(file, "utf8").catch((cause: Error) => {
    throw new UsageError(`${flag}: ${file} cannot be read (${cause.message})`)
  })

/** What is wrong within a file is said with the file's name. */
export function withFile(error: unknown, { grammar, schema }: FormValues): unknown {
  if (!(error instanceof InvalidRequestError)) return error
  const { option, problem, remedy } = error
  const file = isWithin(option, "schema") ? schema : isWithin(option, "grammar") ? grammar : undefined
  return file === undefined ? error : new InvalidRequestError({ option, problem: `${problem} (${file})`, remedy })
}

/** `schema`, `schema.properties.x` and `schema[0]` are. */
const isWithin = (option: string, name: string): boolean => new RegExp(`^${name}(?![a-z])`, "i").test(option)
