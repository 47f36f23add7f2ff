/** What a benchmark is asked for on its command line, and what it says of itself. */
import { parseArgs } from "node:util"

export interface Flag {
  readonly type: "string" | "boolean"
  readonly multiple?: boolean
  readonly default?: string | boolean | Array<string>
  /** What stands for its value in the help; `N` is a number of at least 0, and is checked. */
  readonly value?: string
  /** The values that there are. */
  readonly of?: ReadonlyArray<string>
  readonly about: string
}

export type Flags = Readonly<Record<string, Flag>>

export interface Bench<F extends Flags> {
  /** As it is typed, without options: `npx pnpm@12 bench`. */
  readonly command: string
  /** What is measured, in a sentence or two. */
  readonly about: string
  readonly flags: F
  /** What it takes beside flags. Left out: nothing. */
  readonly operands?: string
}

type Parsed<F extends Flags> = ReturnType<
  typeof parseArgs<{ options: { -readonly [K in keyof F]: { -readonly [P in keyof F[K]]: F[K][P] } } }>
>["values"]

/** The text of `--help`, made from the table. */
export function helpOf({ about, command, flags, operands }: Bench<Flags>): string {
  const rows = Object.entries<Flag>({ ...flags, help: { type: "boolean", about: "this text" } })
  const named = rows.map(([name, { value }]) => `--${name}${value === undefined ? "" : ` ${value}`}`)
  const width = Math.max(...named.map((name) => name.length)) + 2
  const lines = rows.map(([, flag], i) => `  ${(named[i] ?? "").padEnd(width)}${told(flag)}`)
  const usage = `${command}${operands === undefined ? "" : ` ${operands}`} [OPTIONS]`
  return `${[usage, "", about, "", ...lines].join("\n")}\n`
}

function told({ about, default: otherwise, multiple, of }: Flag): string {
  const facts = [
    ...(of === undefined ? [] : [of.join(", ")]),
    ...(multiple === true ? ["several are allowed"] : []),
    ...(typeof otherwise === "string" ? [`default ${otherwise}`] : []),
  ]
  return facts.length === 0 ? about : `${about} (${facts.join("; ")})`
}

/** @throws Error that names the flag and says what it takes */
export function parseFlags<const F extends Flags>(
  { flags, operands }: Bench<F>,
  words: ReadonlyArray<string>,
): { readonly values: Parsed<F>; readonly operands: ReadonlyArray<string> } {
  const { positionals, values } = parseArgs({
    args: [...words],
    // What stands beside the fields that it knows is not looked at.
    options: flags,
    allowPositionals: operands !== undefined,
  })
  for (const [name, given] of Object.entries(values)) {
    for (const value of [given].flat()) check(`--${name}`, flags[name], value)
  }
  // Its type is made of the table by `parseArgs` itself, which loses it where the table is a type parameter.
  return { values: values as Parsed<F>, operands: positionals }
}

function check(name: string, flag: Flag | undefined, value: unknown): void {
  if (flag?.of?.includes(String(value)) === false)
    throw new Error(`${name}: ${String(value)} is none of ${flag.of.join(", ")}.`)
  if (flag?.value !== "N") return
  const isNumber = value !== "" && Number.isFinite(Number(value)) && Number(value) >= 0
  if (!isNumber) throw new Error(`${name}: ${String(value)} is no number of at least 0.`)
}

/**
 * Reads the flags of a benchmark; where its help is asked for, or they are none that it has, that is printed, and the process
 * ends. What goes wrong later is told in a line, too.
 */
export function readFlags<const F extends Flags>(
  bench: Bench<F>,
  words: ReadonlyArray<string> = process.argv.slice(2),
): ReturnType<typeof parseFlags<F>> & { readonly refuse: (problem: string) => never } {
  const refuse = (problem: string): never => {
    process.stderr.write(`${problem}\n\n${helpOf(bench)}`)
    process.exit(2)
  }
  if (words.includes("--help")) {
    process.stdout.write(helpOf(bench))
    process.exit(0)
  }
  process.once("uncaughtException", (error) => {
    // What is no error of ours is a fault of the benchmark, which needs its stack.
    console.error("_tag" in error ? `${String(error._tag)}: ${error.message}` : error)
    process.exit(1)
  })
  try {
    return { ...parseFlags(bench, words), refuse }
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}
