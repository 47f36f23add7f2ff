/** What a command is. */
import { readArguments } from "./readArguments.ts"
import type { Console } from "./Console.ts"
import { commonOptions, type OptionSpecs, type Values } from "./Options.ts"
import { UsageError } from "./UsageError.ts"

/** 0: done; 3: `shield` flagged the content. Failures are thrown. */
export type ExitCode = 0 | 3

export interface Description {
  readonly name: string
  /** What stands for the text in the help; absent where none is taken. */
  readonly operand?: string
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
  work: (console: Console, text: string, values: Values<S>) => Promise<ExitCode>,
): Command {
  const options: S & typeof commonOptions = { ...description.options, ...commonOptions }
  const read = (words: ReadonlyArray<string>): Reading => {
    const { operand, values } = readArguments<OptionSpecs>(words, options)
    // What every command takes is settled here; the work sees its own options alone.
    const { help: isHelp, verbose, ...own } = values
    const help = isHelp === true
    if (!help) checkOperand(description, operand)
    return {
      help,
      verbose: verbose === true,
      run: async (console) => {
        const text = description.operand !== undefined && operand === "-" ? await console.readInput() : (operand ?? "")
        return work(console, text, own as Values<S>)
      },
    }
  }
  return { ...description, options, read }
}

function checkOperand({ name, operand: wanted }: Description, operand: string | undefined): void {
  if (wanted !== undefined && operand === undefined) {
    throw new UsageError(`${wanted} is missing. Try: facet ${name} "Once upon a time", or - to read it from stdin.`)
  }
  if (wanted === undefined && operand !== undefined)
    throw new UsageError(`"${operand}" is one word too many: ${name} takes no text.`)
}
