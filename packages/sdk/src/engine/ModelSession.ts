/** The session of a model's decoder, which is opened again when more is wanted of it. */
import { attentionKind } from "../graph/attention.ts"
import { buildDecoder, type Head, type Operators } from "../graph/Decoder.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import type { Runtime, Session, Tensors } from "../runtime/Runtime.ts"
import type { ChangeSite } from "../graph/SiteChange.ts"
import type { Site } from "../words/Site.ts"
import type { ModelParts } from "./ModelParts.ts"
import { covers, union } from "./SiteSets.ts"

/** What a session is opened for: runs can read the heads, fetch the taps, and intervene at the sites. */
export interface Openings {
  readonly heads: ReadonlyArray<Head>
  readonly taps: ReadonlyArray<Site>
  readonly interventions: ReadonlyArray<ChangeSite>
}

export interface ModelSessionOptions {
  readonly runtime: Runtime
  /** Sequences that a run can give a token each, where the device can; by default one. */
  readonly lanes?: number | undefined
}

/** Over the weights as they are, and, where prompts have weights of their own, over those. */
interface Sessions {
  readonly own: Session
  readonly prompts: Session | undefined
}

export class ModelSession {
  readonly #options: ModelSessionOptions
  readonly #parts: ModelParts
  #sessions: Sessions
  #openings: Openings

  private constructor(options: ModelSessionOptions, parts: ModelParts, openings: Openings, sessions: Sessions) {
    this.#options = options
    this.#parts = parts
    this.#openings = openings
    this.#sessions = sessions
  }

  static async open(options: ModelSessionOptions, parts: ModelParts, openings: Openings): Promise<ModelSession> {
    return new ModelSession(options, parts, openings, await openSessions(options, parts, openings))
  }

  get openings(): Openings {
    return this.#openings
  }

  /** Whether runs can do what is wanted as the session is. */
  isOpenFor(wanted: Partial<Openings>): boolean {
    const { heads = [], interventions = [], taps = [] } = wanted
    const open = this.#openings
    return (
      covers(open.taps, taps) &&
      covers(open.interventions, interventions) &&
      heads.every((head) => open.heads.includes(head))
    )
  }

  /** Opens the session again for more. */
  async openFor(wanted: Partial<Openings>): Promise<void> {
    if (this.isOpenFor(wanted)) return
    const { heads = [], interventions = [], taps = [] } = wanted
    const openings: Openings = {
      heads: [...new Set([...this.#openings.heads, ...heads])],
      taps: union(this.#openings.taps, taps),
      interventions: union(this.#openings.interventions, interventions),
    }
    const sessions = await openSessions(this.#options, this.#parts, openings)
    await this.release()
    this.#sessions = sessions
    this.#openings = openings
  }

  /** @param isPrompt whether the rows are those of a prompt, which others may take over: all such rows run alike. */
  run(feeds: Tensors, fetches: ReadonlyArray<string>, isPrompt: boolean): Promise<Tensors> {
    const { own, prompts = own } = this.#sessions
    return (isPrompt ? prompts : own).run(feeds, fetches)
  }

  async release(): Promise<void> {
    const { own, prompts } = this.#sessions
    await own.release()
    await prompts?.release()
  }
}

export const operatorsFor = ({ operators }: Runtime, config: ModelConfig): Operators => ({
  ...operators,
  attention: attentionKind(operators.attention, config),
})

/** How many sequences a run can give a token each: the decomposed form knows one. */
export const lanesOf = ({ lanes = 1, runtime }: ModelSessionOptions, config: ModelConfig): number =>
  operatorsFor(runtime, config).attention === "fused" ? lanes : 1

async function openSessions(options: ModelSessionOptions, parts: ModelParts, openings: Openings): Promise<Sessions> {
  const own = await openSession(options, parts, parts.placed, openings)
  if (parts.prompts === undefined) return { own, prompts: undefined }
  return { own, prompts: await openSession(options, parts, parts.prompts, openings) }
}

function openSession(
  options: ModelSessionOptions,
  { located, model }: ModelParts,
  placed: ModelParts["placed"],
  openings: Openings,
): Promise<Session> {
  const { architecture, config } = model
  const decoder = { config, specs: located.specs, tensors: placed.tensors, formula: architecture.formula(config) }
  const operators = operatorsFor(options.runtime, config)
  return placed.open(buildDecoder(decoder, { operators, lanes: lanesOf(options, config), ...openings }))
}
