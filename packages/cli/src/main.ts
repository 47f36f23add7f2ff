#!/usr/bin/env node
/** The `facet` command, in the terminal and under the signals of its process. */
import { Screen } from "./Console.ts"
import { readText } from "./readText.ts"
import { Ended, runCommandLine } from "./runCommandLine.ts"

const out = new Screen(process.stdout, process.env)
const err = new Screen(process.stderr, process.env)
const ending = new AbortController()
const { signal } = ending

// Shells expect 128 + the signal's number.
endOn("SIGINT", 130)
endOn("SIGTERM", 143)
process.stdout.on("error", (error) => ending.abort(error))
// Nobody listens to complaints any more: the work may still be wanted.
process.stderr.on("error", () => undefined)

/** Launchers such as pnpm repeat at once what was sent to us too. */
const repeatsWithinMs = 300

/** The first signal ends the work; a later one ends us in the system's way. */
function endOn(name: "SIGINT" | "SIGTERM", exitCode: number): void {
  const end = (): void => {
    ending.abort(new Ended(exitCode))
    setTimeout(() => process.off(name, end), repeatsWithinMs).unref()
  }
  process.on(name, end)
}

const readInput = () => readText(process.stdin, signal)
process.exitCode = await runCommandLine(process.argv.slice(2), { out, err, signal, readInput })
