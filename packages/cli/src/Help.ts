/** The help texts. */
import type { Command } from "./Command.ts"
import { flagOf, type OptionSpec } from "./Options.ts"
import type { Paint } from "./Paint.ts"

export function helpOf(commands: ReadonlyArray<Command>, paint: Paint): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    `${paint.bold("facet")}: Gemma 2 in three effects: what it says, what it must not say, and why it said it.`,
    "",
    heading("Usage", paint),
    "  facet COMMAND [TEXT] [OPTIONS]",
    "",
    heading("Commands", paint),
    ...commands.map(({ name, summary }) => `  ${paint.accent(name.padEnd(width))}  ${summary}`),
    "",
    heading("Options", paint),
    "  --help, -h     show this help; facet COMMAND --help, or facet help COMMAND, shows a command's",
    "  --version, -v  show the version",
    "",
    "Without --model, commands run a toy that comes with Facet: it tells small stories, knows no facts and",
    "judges roughly. --model google/gemma-2-2b-it is a real one.",
    "",
    heading("Examples", paint),
    ...commands.flatMap(({ examples }) => examples.slice(0, 1)).map(([line]) => `  facet ${line}`),
    "",
    heading("Exit codes", paint),
    "  0 done   1 failed: the error is on stderr   2 the command line is wrong   3 flagged, or blocked by the guard",
    "",
  ].join("\n")
}

export function commandHelp({ examples, name, operand, options, summary, takes }: Command, paint: Paint): string {
  const flags = Object.entries(options).map(([key, spec]) => [usageOf(key, spec), spec.about] as const)
  const width = Math.max(...flags.map(([flag]) => flag.length))
  return [
    `${paint.bold(`facet ${name}`)}: ${summary}`,
    "",
    heading("Usage", paint),
    `  facet ${name}${operand === undefined ? "" : ` ${operand}`} [OPTIONS]`,
    ...(operand === undefined || takes === "names"
      ? []
      : ["", `  ${operand} may be - for standard input. If it starts with a dash, put -- before it.`]),
    "",
    heading("Options", paint),
    ...flags.map(([flag, about]) => `  ${paint.accent(flag.padEnd(width))}  ${about}`),
    "",
    heading("Examples", paint),
    ...examples.flatMap(([line, does]) => [`  ${paint.dim(`# ${does}`)}`, `  facet ${line}`]),
    "",
  ].join("\n")
}

const heading = (text: string, paint: Paint): string => paint.bold(text)

function usageOf(key: string, spec: OptionSpec): string {
  const flag = `--${flagOf(key, spec)}`
  if (spec.kind === "switch") return flag
  return `${flag} ${spec.value ?? "VALUE"}${spec.kind === "list" ? "…" : ""}`
}
