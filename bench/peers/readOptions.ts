/** What `bench --peers` is asked for. */
import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import { helpOf, parseFlags } from "../readFlags.ts"
import { folderFlag } from "../folderFlag.ts"
import { type ClockName, clockNames } from "./Clock.ts"
import { shapes, type Size, sizes } from "./shapes.ts"
import { type SideName, sideNames } from "./Task.ts"

export interface PeerOptions {
  readonly size: Size
  /** Weights that share a scale, in Facet's folder. */
  readonly block: number
  /** Context lengths in tokens: each is read, and written after. */
  readonly contexts: ReadonlyArray<number>
  readonly rounds: number
  /** No row begins that would end later. */
  readonly minutes: number
  /** What this Facet's prompts are multiplied as. */
  readonly prefill: "int8" | undefined
  /** Whether this Facet's weights lie in a file that processes share. */
  readonly shareWeights: boolean
  readonly threads: number
  /** `cpu`: the time that each side's process was at work, which other work on the machine does not lengthen. */
  readonly clock: ClockName
  /** Where models are made. */
  readonly folder: string
  /** Where the JSON goes. */
  readonly json: string | undefined
  readonly sides: ReadonlyArray<SideName>
  /** Another checkout of Facet that is measured, too. */
  readonly against: string | undefined
}

const peers = {
  command: "npx pnpm@12 bench --peers",
  about: "Facet, node-llama-cpp and transformers.js in turn, on models of random weights that are made here.",
  flags: {
    peers: { type: "boolean", about: "this benchmark" },
    size: { type: "string", value: "S", of: sizes, about: "whose shape (default 270m)" },
    minutes: { type: "string", value: "N", about: "the most that it may take, without making the models (default 5)" },
    rounds: { type: "string", value: "N", about: "the most rounds (default 20)" },
    contexts: { type: "string", value: "L", about: "context lengths in tokens (default 33,129,257,1025)" },
    block: {
      type: "string",
      value: "N",
      about: "weights that share a scale in Facet's folder: 32, 64 or 128 (default the widest that fits)",
    },
    prefill: { type: "string", value: "int8", about: "this Facet's prompts run with weights in 8 bits of their own" },
    "share-weights": { type: "boolean", about: "this Facet's weights lie in a file as they are multiplied" },
    threads: { type: "string", value: "N", about: "threads of every side (default one a core)" },
    clock: {
      type: "string",
      value: "C",
      of: clockNames,
      about:
        "cpu is the time that a side's process was at work, for machines that others use; it needs one thread, since threads that wait for each other in loops are at work, too (default wall)",
    },
    sides: { type: "string", value: "L", about: `of ${sideNames.join(", ")} (default all)` },
    against: { type: "string", value: "DIR", about: "another checkout of Facet, as one more side" },
    folder: {
      type: "string",
      value: "DIR",
      about: "where models are made and kept (default in the system's folder for temporary files)",
    },
    json: { type: "string", value: "FILE", about: "writes all figures there" },
  },
} as const

export const help = helpOf(peers)

/** @throws Error that names the option and says what it takes */
export function readOptions(words: ReadonlyArray<string>): PeerOptions {
  const { values } = parseFlags(peers, words)
  const size = oneOf("--size", values.size ?? "270m", sizes)
  const clock = oneOf("--clock", values.clock ?? "wall", clockNames)
  const threads = count("--threads", values.threads, clock === "cpu" ? 1 : availableParallelism())
  if (clock === "cpu" && threads > 1) throw new Error("--clock cpu: it needs --threads 1.")
  const most = shapes[size].widestBlock
  const blocks = [32, 64, 128].filter((block) => block <= most)
  return {
    size,
    block: oneOf("--block", count("--block", values.block, most), blocks),
    contexts: list(values.contexts ?? "33,129,257,1025").map((part) =>
      within("--contexts", count("--contexts", part, 0)),
    ),
    rounds: count("--rounds", values.rounds, 20),
    minutes: positive("--minutes", values.minutes, 5),
    prefill: values.prefill === undefined ? undefined : oneOf("--prefill", values.prefill, ["int8"] as const),
    shareWeights: values["share-weights"] === true,
    threads,
    clock,
    folder: resolve(values.folder ?? folderFlag.default),
    json: values.json,
    sides: list(values.sides ?? sideNames.join(",")).map((part) => oneOf("--sides", part, sideNames)),
    against: values.against === undefined ? undefined : resolve(values.against),
  }
}

/** Room for what is written after the prompt, in a context of 8,192. */
const longest = 8_000

function within(option: string, length: number): number {
  if (length >= 8 && length <= longest) return length
  throw new Error(`${option}: ${length} is out of range. Use lengths from 8 to ${longest}.`)
}

const list = (text: string): ReadonlyArray<string> => text.split(",").map((part) => part.trim())

function oneOf<A extends string | number>(option: string, value: unknown, known: ReadonlyArray<A>): A {
  const found = known.find((one) => one === value)
  if (found !== undefined) return found
  throw new Error(`${option}: ${String(value)} is none of ${known.join(", ")}.`)
}

function positive(option: string, value: string | undefined, otherwise: number): number {
  const number = value === undefined ? otherwise : Number(value)
  if (value !== "" && Number.isFinite(number) && number > 0) return number
  throw new Error(`${option}: ${value} is no number above zero.`)
}

function count(option: string, value: string | undefined, otherwise: number): number {
  const number = positive(option, value, otherwise)
  if (Number.isInteger(number)) return number
  throw new Error(`${option}: ${value} is no whole number.`)
}
