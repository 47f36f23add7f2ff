/**
 * A chat template, which is a program that came with a model: it is run with bounds, as one that does not end would hold
 * up the engine's thread for ever.
 */
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja"

/** Evaluated nodes of one rendering. Google's templates take some thirty a message. */
const mostSteps = 200_000

/** UTF-16 units of a text, and elements of a list, that one expression may give. */
const mostSize = 1_000_000

export class JinjaTemplate {
  readonly #program: ReturnType<typeof parse>

  /** Throws when it is no Jinja. */
  constructor(source: string) {
    // As transformers compiles them (`chat_template_utils.py`).
    this.#program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }))
  }

  /** Throws what the template raises, and when it does not come to an end within bounds. */
  render(variables: Readonly<Record<string, unknown>>): string {
    const environment = new Environment()
    for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value)
    return String(new BoundedInterpreter(environment).run(this.#program).value)
  }
}

/** The names that transformers gives every template. */
const globals: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception: (message: string) => {
    throw new Error(message)
  },
  range,
  strftime_now: (format: string) => formatDate(new Date(), format),
  tools: null,
  documents: null,
}

/** The library's class, whose types do not resolve under `nodenext`. */
interface Evaluates {
  run(program: unknown): { readonly value: unknown }
  /** Every node of the program goes through it. */
  evaluate(node: unknown, environment: unknown): { readonly value: unknown }
}
const JinjaInterpreter = Interpreter as unknown as new (environment: unknown) => Evaluates

class BoundedInterpreter extends JinjaInterpreter {
  #steps = 0

  override evaluate(statement: unknown, environment: unknown): { readonly value: unknown } {
    if (++this.#steps > mostSteps) throw new Error(`it does not end within ${mostSteps} steps`)
    const result = super.evaluate(statement, environment)
    const { value } = result
    if ((typeof value === "string" || Array.isArray(value)) && value.length > mostSize) {
      throw new Error(`it makes something of ${value.length} elements`)
    }
    return result
  }
}

/** Python's. */
function range(start: number, stop?: number, step = 1): Array<number> {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  const count = Math.max(0, Math.ceil((to - from) / step))
  if (!(count <= mostSize)) throw new Error(`range() over ${count} numbers`)
  return Array.from({ length: count }, (_, i) => from + i * step)
}

/** Python's `strftime`, as far as templates use it: the date, in words or numbers. */
function formatDate(date: Date, format: string): string {
  const name = (style: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-US", style).format(date)
  const two = (number: number) => String(number).padStart(2, "0")
  const fields: Readonly<Record<string, () => string>> = {
    Y: () => String(date.getFullYear()),
    m: () => two(date.getMonth() + 1),
    d: () => two(date.getDate()),
    B: () => name({ month: "long" }),
    b: () => name({ month: "short" }),
    A: () => name({ weekday: "long" }),
    a: () => name({ weekday: "short" }),
    H: () => two(date.getHours()),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    "%": () => "%",
  }
  return format.replaceAll(/%(.)/g, (whole, letter: string) => fields[letter]?.() ?? whole)
}
