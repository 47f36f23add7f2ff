/** What every side is asked to do, in the same tokens. */
import type { ClockName } from "./Clock.ts"

/** A text, and the tokens that it is, for a side that takes no text. */
export interface Tokens {
  readonly text: string
  readonly ids: ReadonlyArray<number>
}

/** Reads a prompt and writes so many tokens. */
export interface Read {
  readonly kind: "read"
  /** Taken raw, `<bos>` first among the ids. */
  readonly prompt: Tokens
  readonly tokens: number
}

/** Two turns of a chat. */
export interface Converse {
  readonly kind: "converse"
  /** The ids are those of the whole turn, up to where the model begins. */
  readonly first: Tokens
  /** How many tokens the model answers. */
  readonly answer: number
  /** The ids are those of all that follows the answer, up to where the model begins again. */
  readonly second: Tokens
  /** Between the answer's end and the second turn. */
  readonly pauseMs: number
}

/** Judges a content against four policies: a prompt each, which begin alike. */
export interface Judge {
  readonly kind: "judge"
  readonly content: string
  readonly prefix: ReadonlyArray<number>
  readonly suffixes: ReadonlyArray<ReadonlyArray<number>>
  /** Whose likelihood is wanted: `Yes` and `No`. */
  readonly candidates: ReadonlyArray<number>
}

/** Continues several prompts at once. */
export interface Together {
  readonly kind: "together"
  readonly prompts: ReadonlyArray<Tokens>
  readonly tokens: number
}

/** Writes what stands in the prompt already: one token again and again. */
export interface Repeat {
  readonly kind: "repeat"
  readonly prompt: Tokens
  readonly token: number
  readonly tokens: number
}

export type Task = Read | Converse | Judge | Together | Repeat

/** What a side measured, by name: milliseconds, or bytes. */
export type Sample = Readonly<Record<string, number>>

/** What a side is opened with. */
export interface Opening {
  /** The model folder, with `model.gguf` and `onnx/` in it. */
  readonly folder: string
  readonly threads: number
  /** The longest context that will be asked for, in tokens. */
  readonly context: number
  /** Facet's guard, where judging will be asked for: the same shape in 8 bits. */
  readonly guard: string | undefined
  /** Whether settings are tried out first, and the faster ones kept. */
  readonly tunes: boolean
  /** What this Facet's prompts are multiplied as; left out, its default, and that of a Facet which has no such choice. */
  readonly prefill?: "int8" | undefined
  readonly shareWeights?: boolean
  readonly clock: ClockName
  /** The sources of the Facet that is measured: this checkout's, or another one's. */
  readonly checkout: string
}

/** One of what is compared. */
export interface Side {
  /** With what it was told to do, best first among what was tried. */
  readonly settings: string
  readonly version: string
  /** Milliseconds to the first token, and between tokens after it. */
  read(task: Read): Promise<Pace>
  /** Milliseconds to the second turn's first token. */
  converse(task: Converse): Promise<number>
  /** Milliseconds. */
  judge(task: Judge): Promise<number>
  /** Milliseconds for all. */
  together(task: Together): Promise<number>
  repeat(task: Repeat): Promise<Pace>
  close(): Promise<void>
}

export interface Pace {
  readonly firstMs: number
  readonly tokenMs: number
}

export type OpenSide = (opening: Opening) => Promise<Side>

export const sideNames = ["facet", "node-llama-cpp", "transformers.js"] as const
export type SideName = (typeof sideNames)[number] | "facet (other checkout)"
