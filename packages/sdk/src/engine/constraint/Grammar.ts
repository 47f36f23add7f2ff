/** What a text may be, as nodes that a stack of what is still to come is made of. */
import type { ByteAutomaton } from "./ByteAutomaton.ts"

/**
 * A part of a grammar. What it may be is found out when it is reached: nothing is unrolled, and a node may come back to
 * itself.
 */
export interface GrammarNode {
  /** What it may be instead: each way is a list of nodes, one after the other. Undefined: it is text. */
  readonly ways: ReadonlyArray<ReadonlyArray<GrammarNode>> | undefined
  /** Of text: which. */
  readonly automaton?: ByteAutomaton
  /** The fewest tokens, or a number above it, that it takes; Infinity where it never ends. Settled by {@link settle}. */
  readonly cost: number
}

/** A whole grammar. */
export interface Grammar {
  readonly root: GrammarNode
  /** Whether it has objects whose members' names it does not give, so that it has to be seen to that none comes twice. */
  readonly hasNames: boolean
}

export class Text implements GrammarNode {
  readonly ways = undefined
  readonly automaton: ByteAutomaton
  readonly cost: number

  constructor(automaton: ByteAutomaton) {
    this.automaton = automaton
    this.cost = automaton.distance(automaton.start)
  }
}

/** No text at all: whatever needs it is impossible. */
export const never: GrammarNode = { ways: [], cost: Infinity }

/** The ways that can be gone to an end. */
export const possible = (ways: ReadonlyArray<ReadonlyArray<GrammarNode>>): ReadonlyArray<ReadonlyArray<GrammarNode>> =>
  ways.filter((way) => costOf(way) < Infinity)

const costOf = (way: ReadonlyArray<GrammarNode>): number => way.reduce((sum, { cost }) => sum + cost, 0)

/** Nodes one after the other. */
export class Sequence implements GrammarNode {
  readonly ways: ReadonlyArray<ReadonlyArray<GrammarNode>>

  constructor(parts: ReadonlyArray<GrammarNode>) {
    this.ways = [parts]
  }

  get cost(): number {
    return costOf(this.ways[0] ?? [])
  }
}

/** One of some nodes. */
export class Either implements GrammarNode {
  readonly #of: ReadonlyArray<GrammarNode>
  #ways: ReadonlyArray<ReadonlyArray<GrammarNode>> | undefined

  constructor(of: ReadonlyArray<GrammarNode>) {
    this.#of = of
  }

  get ways(): ReadonlyArray<ReadonlyArray<GrammarNode>> {
    this.#ways ??= possible(this.#of.map((one) => [one]))
    return this.#ways
  }

  get cost(): number {
    return this.#of.reduce((least, { cost }) => Math.min(least, cost), Infinity)
  }
}

/** A node so many times. */
export class Repeat implements GrammarNode {
  readonly #of: GrammarNode
  readonly #least: number
  readonly #most: number
  readonly #others: Map<string, Repeat>
  #ways: ReadonlyArray<ReadonlyArray<GrammarNode>> | undefined

  constructor(of: GrammarNode, least: number, most: number, others: Map<string, Repeat> = new Map()) {
    this.#of = of
    this.#least = least
    this.#most = most
    this.#others = others
    others.set(`${least},${most}`, this)
  }

  get ways(): ReadonlyArray<ReadonlyArray<GrammarNode>> {
    this.#ways ??= possible([
      ...(this.#most > 0 ? [[this.#of, this.#after()]] : []),
      ...(this.#least === 0 ? [[]] : []),
    ])
    return this.#ways
  }

  get cost(): number {
    return this.#least === 0 ? 0 : this.#least * this.#of.cost
  }

  #after(): Repeat {
    const [least, most] = [Math.max(0, this.#least - 1), this.#most - 1]
    return this.#others.get(`${least},${most}`) ?? new Repeat(this.#of, least, most, this.#others)
  }
}

/** A node with a name, which may be used before it is known what it is: so grammars come back to themselves. */
export class Rule implements GrammarNode {
  readonly name: string
  cost = Infinity
  #body: GrammarNode = never
  #ways: ReadonlyArray<ReadonlyArray<GrammarNode>> | undefined

  constructor(name: string) {
    this.name = name
  }

  get body(): GrammarNode {
    return this.#body
  }

  set body(body: GrammarNode) {
    this.#body = body
  }

  get ways(): ReadonlyArray<ReadonlyArray<GrammarNode>> {
    this.#ways ??= possible([[this.#body]])
    return this.#ways
  }
}

/**
 * Finds out what the rules cost: from nothing known, each is as cheap as its parts allow, again until nothing changes.
 * What still costs Infinity never ends.
 */
export function settle(rules: ReadonlyArray<Rule>): void {
  // What a rule needs is made after it.
  const order = rules.toReversed()
  for (let changed = true; changed;) {
    changed = false
    for (const rule of order) {
      const { cost } = rule.body
      if (cost >= rule.cost) continue
      rule.cost = cost
      changed = true
    }
  }
}
