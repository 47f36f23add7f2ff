/** The tokens of a model behind a server that tells them. */
import { ServerError } from "../../words/Errors.ts"
import type { TemplatePart } from "../../words/TemplatePart.ts"
import type { Endpoint } from "./connection/Endpoint.ts"

/** How a server is asked for tokens. */
export interface TokenRoutes {
  /** The ids of a text, with nothing put before it; with `isControl`, a control token that it spells is one. */
  readonly encode: (asking: TokenAsking, text: string, isControl: boolean) => Promise<ReadonlyArray<number>>
  readonly decode: (asking: TokenAsking, ids: ReadonlyArray<number>) => Promise<string>
  /** Whether it reads a control token in every text that spells one. */
  readonly readsControls: boolean
}

export interface TokenAsking {
  readonly endpoint: Endpoint
  /** Its name on the server. */
  readonly model: string
  readonly signal: AbortSignal
}

/** Ids of `Yes` and of `No`. */
export interface Answers {
  readonly yes: number
  readonly no: number
}

/** Texts whose ids are remembered: a template's stretches, which come again with every content. */
const mostRemembered = 256
const longestRemembered = 4_096

export class Vocabulary {
  readonly routes: TokenRoutes
  #answers: Answers | undefined
  readonly #known = new Map<string, ReadonlyArray<number>>()

  constructor(routes: TokenRoutes) {
    this.routes = routes
  }

  /** @throws ServerError where the model has no single tokens for them, and so is no ShieldGemma */
  async answers(asking: TokenAsking): Promise<Answers> {
    if (this.#answers !== undefined) return this.#answers
    const [yes, no] = [await this.encode(asking, "Yes"), await this.encode(asking, "No")]
    const [yesId, noId] = [yes[0], no[0]]
    if (yes.length !== 1 || no.length !== 1 || yesId === undefined || noId === undefined || yesId === noId) {
      throw notAShieldGemma(asking, "its model has no single token for `Yes` or for `No`, the answers of a ShieldGemma")
    }
    return (this.#answers = { yes: yesId, no: noId })
  }

  /** The ids of a plain text. */
  encode(asking: TokenAsking, text: string): Promise<ReadonlyArray<number>> {
    return this.#remembered(asking, text, false)
  }

  decode(asking: TokenAsking, ids: ReadonlyArray<number>): Promise<string> {
    return ids.length === 0 ? Promise.resolve("") : this.routes.decode(asking, ids)
  }

  /** The ids of parts in a row: neighbouring texts as one, control tokens where the parts have them and nowhere else. */
  async encodeParts(asking: TokenAsking, parts: ReadonlyArray<TemplatePart>): Promise<ReadonlyArray<number>> {
    const ids: Array<number> = []
    for (const part of joined(parts)) {
      if (typeof part === "string") ids.push(...(await this.encode(asking, part)))
      else ids.push(await this.controlId(asking, part.control))
    }
    return ids
  }

  /** @throws ServerError where it is none */
  async controlId(asking: TokenAsking, control: string): Promise<number> {
    const [id, ...more] = await this.#remembered(asking, control, true)
    if (id !== undefined && more.length === 0) return id
    throw notAShieldGemma(asking, `its model has no token ${control}`)
  }

  async #remembered(asking: TokenAsking, text: string, isControl: boolean): Promise<ReadonlyArray<number>> {
    const key = `${isControl ? "control" : "text"} ${text}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const ids = await this.routes.encode(asking, text, isControl)
    if (text.length > longestRemembered) return ids
    this.#known.set(key, ids)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= mostRemembered) break
      this.#known.delete(oldest)
    }
    return ids
  }
}

/** Undefined where the server does not tell tokens, be it that nothing but OpenAI's API of it is to be had. */
export async function findVocabulary(
  routes: TokenRoutes | undefined,
  asking: TokenAsking,
): Promise<Vocabulary | undefined> {
  if (routes === undefined) return undefined
  const vocabulary = new Vocabulary(routes)
  try {
    await vocabulary.encode(asking, "Yes")
    return vocabulary
  } catch (cause) {
    if (cause instanceof ServerError && missing.includes(cause.status)) return undefined
    throw cause
  }
}

const missing: ReadonlyArray<number | undefined> = [404, 405, 501]

const notAShieldGemma = ({ endpoint }: TokenAsking, problem: string) =>
  new ServerError({ url: endpoint.url, problem, remedy: "Name a server that runs a ShieldGemma." })

function joined(parts: ReadonlyArray<TemplatePart>): ReadonlyArray<TemplatePart> {
  const all: Array<TemplatePart> = []
  for (const part of parts) {
    const last = all.at(-1)
    if (typeof part === "string" && typeof last === "string") all[all.length - 1] = last + part
    else if (part !== "") all.push(part)
  }
  return all
}
