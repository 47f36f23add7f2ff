/** The options of a command: what they are called, and what they become. */

export interface OptionSpec {
  /** `list` may be given several times; `switch` has no value. */
  readonly kind: "text" | "number" | "list" | "switch"
  /** The name on the command line, when it is not the key in kebab case. */
  readonly flag?: string
  /** What stands for the value in the help. */
  readonly value?: string
  readonly about: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

interface ValueOf {
  readonly text: string
  readonly number: number
  readonly list: ReadonlyArray<string>
  readonly switch: boolean
}

/** The values that were given, under the options' keys. */
export type Values<S extends OptionSpecs> = { readonly [K in keyof S]?: ValueOf[S[K]["kind"]] }

export const flagOf = (key: string, spec: OptionSpec): string =>
  spec.flag ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Options that every command takes. */
export const commonOptions = {
  verbose: { kind: "switch", about: "tell more on stderr: progress, and the stack of an error" },
  help: { kind: "switch", about: "show this help" },
} as const satisfies OptionSpecs

export const jsonOption = {
  json: { kind: "switch", about: "print one JSON document and nothing else" },
} as const satisfies OptionSpecs

export const modelOption = {
  model: {
    kind: "text",
    value: "M",
    about: "an id such as google/gemma-2-2b-it, a folder, a .gguf, ollama:NAME:TAG, a URL, or tiny (default)",
  },
} as const satisfies OptionSpecs
