/** Opens one of the libraries, and measures it when the benchmark asks. */
import type { Contender, Contest, OpenContender, Pace } from "./Contender.ts"

export type ContenderName = "facet" | "wllama" | "transformers.js"

const opens: Readonly<Record<ContenderName, () => Promise<OpenContender>>> = {
  facet: async () => (await import("./openFacet.ts")).openFacet,
  wllama: async () => (await import("./openWllama.ts")).openWllama,
  "transformers.js": async () => (await import("./openTransformers.ts")).openTransformers,
}

/** What the benchmark calls through the browser's own channel. */
export interface PeersPage {
  /** @returns milliseconds that opening took, and what it runs with. */
  readonly open: (name: ContenderName, contest: Contest) => Promise<{ readonly ms: number; readonly settings: string }>
  readonly read: (prompt: Parameters<Contender["read"]>[0], tokens: number) => Promise<Pace>
}

let contender: Contender | undefined

const page: PeersPage = {
  open: async (name, contest) => {
    const startedAt = performance.now()
    contender = await (await opens[name]())(contest)
    return { ms: performance.now() - startedAt, settings: contender.settings }
  },
  read: (prompt, tokens) => {
    if (contender === undefined) throw new Error("nothing is open")
    return contender.read(prompt, tokens)
  },
}

Object.assign(globalThis, { peers: page })
