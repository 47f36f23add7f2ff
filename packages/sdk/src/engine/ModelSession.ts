/** The session of a model's decoder, which is opened again when more is wanted of it. */
import { attentionKind } from "../graph/attention.ts"
import { buildDecoder, type Head, type Operators } from "../graph/Decoder.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import type { Runtime, Session, Tensors } from "../runtime/Runtime.ts"
import type { Site } from "../words/Site.ts"
import type { ModelParts } from "./ModelParts.ts"
import { covers, union } from "./SiteSets.ts"

/** What a session is opened for: runs can read the heads, fetch the taps, and intervene at the sites. */
export interface Openings {
  readonly heads: ReadonlyArray<Head>
  readonly taps: ReadonlyArray<Site>
  readonly interventions: ReadonlyArray<Site>
}

export interface ModelSessionOptions {
  readonly runtime: Runtime
  /** Sequences that a run can give a token each, where the device can; by default one. */
  readonly lanes?: number | undefined
}

export class ModelSession {
  readonly #options: ModelSessionOptions
  readonly #parts: ModelParts
  #session: Session
  #openings: Openings

  private constructor(options: ModelSessionOptions, parts: ModelParts, openings: Openings, session: Session) {
    this.#options = options
    this.#parts = parts
    this.#openings = openings
    this.#session = session
  }

  static async open(options: ModelSessionOptions, parts: ModelParts, openings: Openings): Promise<ModelSession> {
    return new ModelSession(options, parts, openings, await openSession(options, parts, openings))
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
    const session = await openSession(this.#options, this.#parts, openings)
    await this.#session.release()
    this.#session = session
    this.#openings = openings
  }

  run(feeds: Tensors, fetches: ReadonlyArray<string>): Promise<Tensors> {
    return this.#session.run(feeds, fetches)
  }

  release(): Promise<void> {
    return this.#session.release()
  }
}

export const operatorsFor = ({ operators }: Runtime, config: ModelConfig): Operators => ({
  ...operators,
  attention: attentionKind(operators.attention, config),
})

/** How many sequences a run can give a token each: the decomposed form knows one. */
export const lanesOf = ({ lanes = 1, runtime }: ModelSessionOptions, config: ModelConfig): number =>
  operatorsFor(runtime, config).attention === "fused" ? lanes : 1

function openSession(
  options: ModelSessionOptions,
  { located, model, placed }: ModelParts,
  openings: Openings,
): Promise<Session> {
  const { architecture, config } = model
  const decoder = { config, specs: located.specs, tensors: placed.tensors, formula: architecture.formula(config) }
  const operators = operatorsFor(options.runtime, config)
  return placed.open(buildDecoder(decoder, { operators, lanes: lanesOf(options, config), ...openings }))
}
