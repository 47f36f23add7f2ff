/** The `facet` command, in whatever terminal. */
import { readFile } from "node:fs/promises"
import type { Command } from "./Command.ts"
import { bench } from "./commands/bench.ts"
import { calibrate } from "./commands/calibrate.ts"
import { chat } from "./commands/chat.ts"
import { convert } from "./commands/convert.ts"
import { completion } from "./commands/completion.ts"
import { decide } from "./commands/decide.ts"
import { demo } from "./commands/demo.ts"
import { evaluation } from "./commands/evaluation.ts"
import { generate } from "./commands/generate.ts"
import { inspect } from "./commands/inspect.ts"
import { models } from "./commands/models.ts"
import { policy } from "./commands/policy.ts"
import { pull } from "./commands/pull.ts"
import { rm } from "./commands/rm.ts"
import { scope } from "./commands/scope.ts"
import { score } from "./commands/score.ts"
import { serve } from "./commands/serve.ts"
import { shield } from "./commands/shield.ts"
import { show } from "./commands/show.ts"
import type { Console, Screen } from "./Console.ts"
import { describeFailure } from "./describeFailure.ts"
import { commandHelp, helpOf } from "./Help.ts"
import type { OptionSpecs } from "./Options.ts"
import type { Paint } from "./Paint.ts"
import { UsageError } from "./UsageError.ts"

const working: ReadonlyArray<Command> = [
  generate,
  shield,
  inspect,
  decide,
  calibrate,
  evaluation,
  policy,
  score,
  chat,
  pull,
  models,
  show,
  rm,
  scope,
  convert,
  serve,
  bench,
  demo,
]
const commands = [...working, completion(working)]

/** Somebody outside ended the work: not a failure of ours. */
export class Ended extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super("ended from outside")
    this.exitCode = exitCode
  }
}

/** What a command line runs in; its signal is aborted with an {@link Ended} or with an error of a pipe. */
export type Terminal = Omit<Console, "verbose">

/** Runs a command line, and gives the code that it ends with; what goes wrong is told on `err`. */
export async function runCommandLine(words: ReadonlyArray<string>, terminal: Terminal): Promise<number> {
  const { err, out, readInput, signal } = terminal
  const complain = (text: string): Promise<void> => err.write(err.paint.bad(text)).catch(() => undefined)
  // As far as they are known when something goes wrong.
  let verbose = words.includes("--verbose")
  let options: OptionSpecs = {}
  let subject = ""
  try {
    const [name, ...rest] = words
    if (name === undefined) {
      await err.write(helpOf(commands, err.paint))
      return 2
    }
    if (name === "--help" || name === "-h" || name === "help") return await print(out, help(rest, out.paint))
    if (name === "--version" || name === "-v") return await print(out, `${await version()}\n`)
    const command = find(name)
    options = command.options
    subject = ` ${command.name}`
    const reading = command.read(rest)
    verbose = reading.verbose
    if (reading.help) return await print(out, commandHelp(command, out.paint))
    const code = await reading.run({ out, err, verbose, signal, readInput })
    if (command.endsBySignal !== true) signal.throwIfAborted()
    return code
  } catch (thrown) {
    const error = signal.aborted ? signal.reason : thrown
    if (error instanceof Ended) return error.exitCode
    // `facet … | head` has read enough.
    if (error instanceof Error && "code" in error && error.code === "EPIPE") return 0
    await complain(`${describeFailure(error, options, verbose)}\n`)
    if (!(error instanceof UsageError)) return 1
    await complain(`Run facet${subject} --help to see how it is used.\n`)
    return 2
  }
}

/** Of all, or of the command that is named: `facet help generate`. */
function help([name, more]: ReadonlyArray<string>, paint: Paint): string {
  if (more !== undefined) throw new UsageError(`"${more}" is one word too many: help takes a command.`)
  return name === undefined ? helpOf(commands, paint) : commandHelp(find(name), paint)
}

async function print(out: Screen, text: string): Promise<0> {
  await out.write(text)
  return 0
}

function find(name: string): Command {
  const command = commands.find((known) => known.name === name)
  if (command !== undefined) return command
  const kind = name.startsWith("-") ? "option" : "command"
  throw new UsageError(`there is no ${kind} ${name}. Commands: ${commands.map((known) => known.name).join(", ")}.`)
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"))
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown"
}
