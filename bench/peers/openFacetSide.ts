/** Facet, by its public face alone, so that any checkout can be measured. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import type * as Sdk from "@facet/sdk"
import type { GenerateOptions } from "@facet/sdk"
import { clocks } from "./Clock.ts"
import type { Converse, Judge, Opening, Pace, Read, Repeat, Side, Together } from "./Task.ts"

/** Tokens that would end a generation: `<eos>` and `<end_of_turn>`. */
const endless = { 1: -100, 107: -100 }
/** Digits are one token each in Gemma's vocabularies: a text of them is read back as the tokens that it was written as. */
const likely = 100

export async function openFacetSide(opening: Opening): Promise<Side> {
  const { checkout, folder, guard, prefill, shareWeights, threads } = opening
  // The same module by its name or by its path: the types are those of this checkout.
  const { Facet } = (await import(pathToFileURL(join(checkout, "packages/sdk/src/index.ts")).href)) as typeof Sdk
  const options = { model: folder, threads, ...(prefill && { prefill }), ...(shareWeights && { shareWeights }) }
  const facet = await Facet.open(options)
  const own: Own = {
    lanes: (lanes) => Facet.open({ ...options, lanes }),
    // Random weights answer the guard's question with anything: how fast it is asked is measured all the same.
    guard: () => Facet.open({ ...(guard && { model: guard, shield: guard }), checkShield: false, threads }),
  }
  return new FacetSide(facet, own, opening, await commitOf(checkout))
}

/** Facets of their own, for what is asked of an app's or a server's own. */
interface Own {
  readonly lanes: (lanes: number) => Promise<Sdk.Facet>
  readonly guard: () => Promise<Sdk.Facet>
}

const run = promisify(execFile)

/** Which version of the sources it is, where git knows. */
const commitOf = (checkout: string): Promise<string> =>
  run("git", ["-C", checkout, "describe", "--always", "--dirty"]).then(
    ({ stdout }) => stdout.trim(),
    () => "of this folder",
  )

class FacetSide implements Side {
  readonly version: string
  readonly settings: string
  readonly #facet: Sdk.Facet
  readonly #own: Own

  readonly #now: () => number

  constructor(
    facet: Sdk.Facet,
    own: Own,
    { clock, guard, prefill, shareWeights = false, threads }: Opening,
    version: string,
  ) {
    this.#now = clocks[clock]
    this.#facet = facet
    this.#own = own
    this.version = version
    const { name, precision } = facet.device
    this.settings = `${name}, weights as ${precision}, ${threads === 1 ? "1 thread" : `${threads} threads`}, lanes for streams at once${guard === undefined ? "" : ", the guard in int8"}${prefill === undefined ? "" : `, prompts in ${prefill}`}${shareWeights ? ", weights shared" : ""}, else defaults`
  }

  async read({ prompt, tokens }: Read): Promise<Pace> {
    return this.#pace(prompt.text, prompt.ids.length, { template: "none", maxTokens: tokens, logitBias: endless })
  }

  async repeat({ prompt, token, tokens }: Repeat): Promise<Pace> {
    const logitBias = { ...endless, [token]: likely }
    return this.#pace(prompt.text, prompt.ids.length, { template: "none", maxTokens: tokens, logitBias })
  }

  async converse({ answer, first, pauseMs, second }: Converse): Promise<number> {
    const digits = await this.#digits()
    const asked = { role: "user", content: first.text } as const
    const { text } = await this.#facet.generate([asked], { maxTokens: answer, logitBias: { ...endless, ...digits } })
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    const turns = [asked, { role: "assistant", content: text }, { role: "user", content: second.text }] as const
    const expected = first.ids.length + answer + second.ids.length
    return (await this.#pace(turns, expected, { maxTokens: 1, logitBias: endless })).firstMs
  }

  /** By a guard as `facet pull` packs one: in 8 bits. */
  async judge({ content, prefix, suffixes }: Judge): Promise<number> {
    await using guard = await this.#own.guard()
    await guard.shield("1")
    const startedAt = this.#now()
    const { tokens } = await guard.shield(content)
    const took = this.#now() - startedAt
    const least = prefix.length + suffixes.reduce((sum, suffix) => sum + suffix.length, 0)
    if (tokens.judged + tokens.cached < least) throw new Error(`${tokens.judged} tokens were judged of ${least}`)
    return took
  }

  /** As `facet serve` does it: with lanes, by an engine that has them. One before they were there takes turns. */
  async together({ prompts, tokens }: Together): Promise<number> {
    const own = await this.#own.lanes(prompts.length).catch(() => undefined)
    const facet = own ?? this.#facet
    const options: GenerateOptions = { template: "none", maxTokens: tokens, logitBias: endless }
    // What is set up in an engine's first run is not counted; the other sides have run before.
    await own?.generate("1", { template: "none", maxTokens: 1 })
    const startedAt = this.#now()
    await Promise.all(prompts.map(({ text }) => facet.generate(text, options)))
    const took = this.#now() - startedAt
    await own?.close()
    return took
  }

  close(): Promise<void> {
    return this.#facet.close()
  }

  async #pace(prompt: Sdk.Prompt, expected: number, options: GenerateOptions): Promise<Pace> {
    const startedAt = this.#now()
    let first: { readonly at: number; readonly tokens: number } | undefined
    for await (const part of this.#facet.stream(prompt, options)) {
      if (part.type === "text") first ??= { at: this.#now(), tokens: part.tokens?.length ?? 1 }
      if (part.type !== "finish") continue
      const { completionTokens, promptTokens } = part.usage
      if (promptTokens !== expected) {
        throw new Error(`a prompt of ${expected} tokens was read as ${promptTokens}: the sides would not do the same`)
      }
      // Where the first token is half a character, the first text is of more than one: the engine knows when it was there.
      const { at, tokens } = first ?? { at: this.#now(), tokens: 1 }
      const isOnWall = this.#now === clocks.wall
      return {
        firstMs: tokens > 1 && isOnWall ? part.timings.firstTokenMs : at - startedAt,
        tokenMs: (this.#now() - at) / Math.max(1, completionTokens - tokens),
      }
    }
    throw new Error("the generation has no end")
  }

  async #digits(): Promise<Readonly<Record<number, number>>> {
    const { tokens } = await this.#facet.score("0123456789")
    return Object.fromEntries(tokens.slice(1).map(({ id }) => [id, likely]))
  }
}
