/** Reads what stands behind a command's name. */
import { parseArgs } from "node:util"
import { flagOf, type OptionSpec, type OptionSpecs, type Values } from "./Options.ts"
import { UsageError } from "./UsageError.ts"

export interface Line<S extends OptionSpecs> {
  /** The words that are no options. */
  readonly operands: ReadonlyArray<string>
  readonly values: Values<S>
}

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number]

/**
 * @param most how many words there may be that are no options
 * @throws UsageError that says which word is wrong
 */
export function readArguments<S extends OptionSpecs>(words: ReadonlyArray<string>, specs: S, most = 1): Line<S> {
  const keys = new Map(Object.entries(specs).map(([key, spec]) => [flagOf(key, spec), key]))
  const values: Record<string, string | number | boolean | Array<string>> = {}
  const operands: Array<string> = []
  // The list that a further word belongs to: `--policy harassment hate_speech`.
  let open: Array<string> | undefined
  for (const token of tokensOf(words, specs)) {
    if (token.kind === "option-terminator") open = undefined
    else if (token.kind === "positional") {
      if (operands.length < most) {
        operands.push(token.value)
        open = undefined
      } else if (open !== undefined) open.push(token.value)
      else
        throw new UsageError(
          `"${token.value}" is one word too many. Put ${most === 1 ? "the text" : "names"} in quotes.`,
        )
    } else {
      const key = keys.get(token.name)
      const spec = key === undefined ? undefined : specs[key]
      if (key === undefined || spec === undefined) throw new UsageError(`there is no option ${token.rawName}`)
      const given = values[key]
      open = spec.kind !== "list" ? undefined : Array.isArray(given) ? given : []
      if (open === undefined) values[key] = single(spec, token)
      else {
        open.push(valueOf(spec, token))
        values[key] = open
      }
    }
  }
  // Every value was made according to its spec's kind, which is what `Values` says.
  return { operands, values: values as Values<S> }
}

function tokensOf(words: ReadonlyArray<string>, specs: OptionSpecs): ReadonlyArray<Token> {
  const options = Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => {
      const type: "boolean" | "string" = spec.kind === "switch" ? "boolean" : "string"
      return [flagOf(key, spec), key === "help" ? { type, short: "h" } : { type, multiple: spec.kind === "list" }]
    }),
  )
  // What is wrong with a token is said here, in our words: hence not strict.
  return parseArgs({ args: [...words], options, allowPositionals: true, strict: false, tokens: true }).tokens
}

type OptionToken = Extract<Token, { readonly kind: "option" }>

function single(spec: OptionSpec, token: OptionToken): string | number | boolean {
  if (spec.kind === "switch") {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`)
    return true
  }
  const value = valueOf(spec, token)
  return spec.kind === "number" ? numberOf(token.rawName, value) : value
}

function valueOf(spec: OptionSpec, { inlineValue, rawName, value }: OptionToken): string {
  if (value === undefined) throw new UsageError(`${rawName} needs a value`)
  // `--model "$MODEL"` of a variable that nobody has set names nothing, and must not mean the default.
  if (value === "" && spec.kind !== "number" && spec.value !== "TEXT")
    throw new UsageError(`${rawName} is empty: give it a value, or leave it out`)
  // `--policy --json` is a forgotten value; `--temperature -1` and `--stop=--` are meant.
  if (inlineValue !== true && /^--?[a-z]/i.test(value) && !isNumber(value)) {
    throw new UsageError(`${rawName} needs a value before ${value}. If that is the value, write ${rawName}=${value}`)
  }
  return value
}

/** Decimal, or infinite: which numbers make sense is for the model to say. */
const isNumber = (text: string): boolean => /^[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|infinity)$/i.test(text)

function numberOf(flag: string, text: string): number {
  if (!isNumber(text)) throw new UsageError(`${flag} takes a number, not "${text}"`)
  return /infinity/i.test(text) ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text)
}
