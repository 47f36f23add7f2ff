/** What a command is. */
import { readArguments } from "./readArguments.ts"
import type { Console } from "./Console.ts"
import { commonOptions, type OptionSpecs, type Values } from "./Options.ts"
import { UsageError } from "./UsageError.ts"

/** 0: done; 3: `shield` flagged the content, or a guard blocked the prompt or the answer. Failures are thrown. */
export type ExitCode = 0 | 3

export interface Description {
  readonly name: string
  /** What stands for the text in the help, or for several words: `IN OUT`, `ACTION [NAME]`; absent where none is taken. */
  readonly operand?: string
  /** What those words are: a text (the default) may be - for standard input. */
  readonly takes?: "text" | "names"
  readonly summary: string
  readonly options: OptionSpecs
  /** Whether a signal is the usual way for it to end, and no interruption. */
  readonly endsBySignal?: boolean
  /** Command lines behind `facet `, each with what it does. */
  readonly examples: ReadonlyArray<readonly [line: string, does: string]>
}

export interface Command extends Description {
  /** Understands the words, or throws a `UsageError`; the work starts when the result is called. */
  readonly read: (words: ReadonlyArray<string>) => Reading
}

export interface Reading {
  readonly help: boolean
  readonly verbose: boolean
  readonly run: (console: Console) => Promise<ExitCode>
}

/** Makes a command of its description and of the work that it does. */
export function defineCommand<S extends OptionSpecs>(
  description: Description & { readonly options: S },
  work: (console: Console, text: string, values: Values<S>, others: ReadonlyArray<string>) => Promise<ExitCode>,
): Command {
  const options: S & typeof commonOptions = { ...description.options, ...commonOptions }
  const read = (words: ReadonlyArray<string>): Reading => {
    const { operands, values } = readArguments<OptionSpecs>(words, options, namesOf(description).length || 1)
    const [operand, ...others] = operands
    // What every command takes is settled here; the work sees its own options alone.
    const { help: isHelp, verbose, ...own } = values
    const help = isHelp === true
    if (!help) checkOperands(description, operands)
    return {
      help,
      verbose: verbose === true,
      run: async (console) => {
        const isText = description.operand !== undefined && description.takes !== "names"
        const text = isText && operand === "-" ? await console.readInput() : (operand ?? "")
        return work(console, text, own as Values<S>, others)
      },
    }
  }
  return { ...description, options, read }
}

/** The words that a command takes, as the help names them. */
const namesOf = ({ operand }: Description): ReadonlyArray<string> => operand?.split(" ") ?? []

function checkOperands(description: Description, operands: ReadonlyArray<string>): void {
  const { examples, name, takes } = description
  const [missing] = namesOf(description)
    .slice(operands.length)
    .filter((word) => !word.startsWith("["))
  const [tooMany] = operands.slice(namesOf(description).length)
  if (tooMany !== undefined) throw new UsageError(`"${tooMany}" is one word too many: ${name} takes no text.`)
  const empty = takes === "names" ? operands.indexOf("") : -1
  if (empty >= 0) throw new UsageError(`${namesOf(description)[empty]} is empty: name something.`)
  if (missing === undefined) return
  const [[example] = [name]] = examples
  if (takes === "names") throw new UsageError(`${missing} is missing. Try: facet ${example}`)
  throw new UsageError(`${missing} is missing. Try: facet ${name} "Once upon a time", or - to read it from stdin.`)
}
