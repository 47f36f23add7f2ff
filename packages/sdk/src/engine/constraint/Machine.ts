/**
 * A pushdown automaton that is determinised as it runs: a state is a set of stacks of what is still to come, and equal stacks
 * are one object, so that equal states are, too.
 */
import type { ByteAutomaton } from "./ByteAutomaton.ts"
import { escapeByte } from "./ControlBytes.ts"
import { jsonNotation } from "./Notation.ts"
import { dead } from "./ByteAutomaton.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { GrammarNode } from "./Grammar.ts"
import { AfterKey } from "./JsonNodes.ts"

/** What is still to come: a node, and the rest; null is nothing. */
export interface Stack {
  readonly id: number
  readonly node: GrammarNode
  readonly rest: Stack | null
  /** The fewest tokens, or a number above it, that all of it takes. */
  readonly cost: number
}

/** A text that is being said, and what comes after it. */
export interface Arc {
  readonly id: number
  readonly automaton: ByteAutomaton
  readonly state: number
  readonly rest: Stack | null
}

/** Where a text stands. */
export interface State {
  readonly arcs: ReadonlyArray<Arc>
  /** Whether the text may end here. */
  readonly isDone: boolean
  /** The fewest tokens, or a number above it, to an end. */
  readonly distance: number
  /** States after bytes, as far as they are known; null where none follows. */
  readonly next: Map<number, State | null>
  /** The one byte that may follow; -1 where there are several or none. Undefined while nobody has asked. */
  only?: number
}

/** Stacks that one state may have: a grammar that says the same in more ways would take minutes. */
const mostArcs = 20_000

/** Objects that are kept to find equal ones. */
const mostKept = 50_000

export class Machine {
  readonly start: State
  #stacks = new Map<string, Stack>()
  #arcs = new Map<string, Arc>()
  #states = new Map<string, State>()
  readonly #nodeIds = new Map<GrammarNode, number>()
  #closed = new Map<Stack | null, State>()
  #ids = 0

  constructor(root: GrammarNode) {
    this.start = this.after(this.#stack(root, null))
  }

  /** The state in which a stack is all that is to come. */
  after(rest: Stack | null): State {
    const known = this.#closed.get(rest)
    if (known !== undefined) return known
    const closure = new Closure()
    this.#expand(rest, closure)
    const state = this.#state(closure)
    this.#closed.set(rest, state)
    return state
  }

  /** The state after a byte; null where the byte may not come. */
  step(state: State, byte: number): State | null {
    const known = state.next.get(byte)
    if (known !== undefined) return known
    const after = this.#step(state, byte, ({ rest }) => rest)
    state.next.set(byte, after)
    return after
  }

  /**
   * As {@link step}, for a byte that is really said: where it ends an object's name, the object knows the name from then on.
   *
   * @param name gives the text that the byte ends.
   */
  advance(state: State, byte: number, name: () => string): State | null {
    if ((byte !== jsonNotation.quote && byte !== escapeByte) || !mayBeInName(state)) return this.step(state, byte)
    return this.#step(state, byte, ({ rest }) =>
      rest?.node instanceof AfterKey ? this.#stack(rest.node.after(name()), rest.rest) : rest,
    )
  }

  /** The one byte that may follow a state; -1 where there are several or none, or where the text may end. */
  only(state: State): number {
    state.only ??= state.isDone ? -1 : this.#only(state)
    return state.only
  }

  #only({ arcs }: State): number {
    let only = -1
    for (let byte = 0; byte < 256; byte++) {
      if (!arcs.some(({ automaton, state }) => automaton.step(state, byte) !== dead)) continue
      if (only >= 0) return -1
      only = byte
    }
    return only
  }

  #step(state: State, byte: number, restOf: (arc: Arc) => Stack | null): State | null {
    const closure = new Closure()
    for (const arc of state.arcs) {
      const { automaton } = arc
      const next = automaton.step(arc.state, byte)
      if (next === dead) continue
      this.#open(automaton, next, automaton.accepts(next) ? restOf(arc) : arc.rest, closure)
    }
    return closure.isEmpty ? null : this.#state(closure)
  }

  /** Takes a text that has come so far; where it may end, what follows it, too. */
  #open(automaton: ByteAutomaton, state: number, rest: Stack | null, closure: Closure): void {
    if (mayGoOn(automaton, state)) closure.add(this.#arc(automaton, state, rest))
    if (automaton.accepts(state)) this.#expand(rest, closure)
  }

  #expand(from: Stack | null, closure: Closure): void {
    const waiting: Array<Stack | null> = [from]
    while (waiting.length > 0) {
      const stack = waiting.pop() ?? null
      if (stack === null) closure.isDone = true
      else if (!closure.visit(stack)) continue
      else if (stack.node.automaton !== undefined) {
        const { automaton } = stack.node
        this.#open(automaton, automaton.start, stack.rest, closure)
      } else {
        for (const way of stack.node.ways ?? []) {
          waiting.push(way.reduceRight<Stack | null>((rest, node) => this.#stack(node, rest), stack.rest))
        }
      }
    }
  }

  #stack(node: GrammarNode, rest: Stack | null): Stack {
    const key = `${this.#nodeId(node)},${rest?.id ?? -1}`
    const known = this.#stacks.get(key)
    if (known !== undefined) return known
    const made = { id: this.#ids++, node, rest, cost: node.cost + (rest?.cost ?? 0) }
    this.#stacks.set(key, made)
    return made
  }

  #nodeId(node: GrammarNode): number {
    const known = this.#nodeIds.get(node)
    if (known !== undefined) return known
    this.#nodeIds.set(node, this.#nodeIds.size)
    return this.#nodeIds.size - 1
  }

  #arc(automaton: ByteAutomaton, state: number, rest: Stack | null): Arc {
    const key = `${automaton.id},${state},${rest?.id ?? -1}`
    const known = this.#arcs.get(key)
    if (known !== undefined) return known
    const made = { id: this.#ids++, automaton, state, rest }
    this.#arcs.set(key, made)
    return made
  }

  #state({ arcs, isDone }: Closure): State {
    const sorted = [...arcs].sort((a, b) => a.id - b.id)
    const key = `${isDone}${sorted.map(({ id }) => id).join()}`
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const distance = sorted.reduce(
      (least, { automaton, rest, state }) => Math.min(least, automaton.distance(state) + (rest?.cost ?? 0)),
      isDone ? 0 : Infinity,
    )
    const made: State = { arcs: sorted, isDone, distance, next: new Map() }
    this.#forgetSome()
    this.#states.set(key, made)
    return made
  }

  /** States that are in use stay as they are; only what finds equal ones is dropped. */
  #forgetSome(): void {
    if (this.#states.size < mostKept && this.#arcs.size < mostKept && this.#stacks.size < mostKept) return
    this.#stacks = new Map()
    this.#arcs = new Map()
    this.#states = new Map()
    this.#closed = new Map()
  }
}

/** Whether what comes may be an object's name, or the rest of one. */
export const mayBeInName = ({ arcs }: State): boolean => arcs.some(({ rest }) => rest?.node instanceof AfterKey)

const mayGoOn = (automaton: ByteAutomaton, state: number): boolean => {
  if (!automaton.accepts(state)) return true
  for (let byte = 0; byte < 256; byte++) if (automaton.step(state, byte) !== dead) return true
  return false
}

/** What a state is made of, while it is found out. */
class Closure {
  readonly arcs = new Set<Arc>()
  isDone = false
  readonly #visited = new Set<Stack>()

  get isEmpty(): boolean {
    return this.arcs.size === 0 && !this.isDone
  }

  add(arc: Arc): void {
    if (this.arcs.size >= mostArcs) {
      throw invalidRequest("grammar", "it says the same text in too many ways", "Write it such that one way is left.")
    }
    this.arcs.add(arc)
  }

  /** Whether a stack is met for the first time. */
  visit(stack: Stack): boolean {
    if (this.#visited.has(stack)) return false
    this.#visited.add(stack)
    return true
  }
}
