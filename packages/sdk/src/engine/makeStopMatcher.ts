/**
 * Ending a text at the first stop string, while the text still comes in parts.
 *
 * The stop that starts earliest in the text wins. Of two that start at the same place the shorter wins, as it is
 * complete first. A stop string is never emitted, nor is anything after it; a suffix that could still become one is
 * held back. How the text is cut into parts changes nothing.
 */
/** What a matcher made of a part. */
export interface StopStep {
  /** Text that is certain not to belong to a stop string. */
  readonly emit: string
  /** The stop string that ended the text, once it has ended. */
  readonly stopped: string | undefined
}

/** Watches one text. */
export interface StopMatcher {
  /** Takes the next part. After the stop it emits nothing more. */
  push(text: string): StopStep
  /** Says that the text is over, and gives the text that was still held back. May settle `stopped`. */
  flush(): string
  /**
   * The stop string that ended the text. A stop that is complete while an earlier, longer one is still open (`bc`
   * while `abcd` has come as far as `abc`) is settled by the following push or by `flush`.
   */
  readonly stopped: string | undefined
}

/** A matcher for one text. The stops are those that `checkStops` let pass. Time is linear in the text. */
export const makeStopMatcher = (stops: ReadonlyArray<string>): StopMatcher =>
  stops.length === 0 ? unstoppable : new Matcher(stops)

const unstoppable: StopMatcher = {
  push: (text) => ({ emit: text, stopped: undefined }),
  flush: () => "",
  stopped: undefined,
}

/** A prefix of at least one stop string. */
interface Node {
  readonly next: Map<number, Node>
  /** Its length in code units. */
  readonly depth: number
  /** The longest proper suffix of it that is a prefix of a stop string too; the root's own is itself. */
  fallback: Node
  /** The longest stop string that ends here: with it, the one that starts earliest. */
  stop: string | undefined
}

/** The automaton of Aho and Corasick ("Efficient string matching", CACM 1975), over UTF-16 code units. */
const buildAutomaton = (stops: ReadonlyArray<string>): Node => {
  const root = makeRoot()
  for (const stop of stops) insert(root, stop)
  // Breadth first: a node's fallback is shorter than the node, so it is complete before.
  const queue = [...root.next.values()]
  for (const node of queue) {
    for (const [unit, child] of node.next) {
      child.fallback = advance(node.fallback, unit)
      child.stop ??= child.fallback.stop
      queue.push(child)
    }
  }
  return root
}

const makeRoot = (): Node => {
  const partial: Omit<Node, "fallback"> = { next: new Map(), depth: 0, stop: undefined }
  const root = partial as Node // the one node that refers to itself
  root.fallback = root
  return root
}

const insert = (root: Node, stop: string): void => {
  let node = root
  for (let i = 0; i < stop.length; i++) {
    const unit = stop.charCodeAt(i)
    let child = node.next.get(unit)
    if (child === undefined) {
      child = { next: new Map(), depth: i + 1, fallback: root, stop: undefined }
      node.next.set(unit, child)
    }
    node = child
  }
  node.stop = stop
}

const advance = (from: Node, unit: number): Node => {
  let node = from
  for (;;) {
    const child = node.next.get(unit)
    if (child !== undefined) return child
    if (node.depth === 0) return node
    node = node.fallback
  }
}

class Matcher implements StopMatcher {
  /** The longest suffix of the text so far that is a prefix of a stop string. */
  #state: Node
  /** Code units of the whole text that were read, and that were emitted. */
  #read = 0
  #emitted = 0
  /** The text between `emitted` and `read`. */
  #held = ""
  /** The complete stop that starts earliest so far. */
  #best: { readonly start: number; readonly stop: string } | undefined
  #stopped: string | undefined

  constructor(stops: ReadonlyArray<string>) {
    this.#state = buildAutomaton(stops)
  }

  get stopped(): string | undefined {
    return this.#stopped
  }

  push(text: string): StopStep {
    if (this.#stopped !== undefined) return { emit: "", stopped: this.#stopped }
    this.#held += text
    for (let i = 0; i < text.length && this.#stopped === undefined; i++) this.#step(text.charCodeAt(i))
    const open = this.#read - this.#state.depth
    return { emit: this.#release(Math.min(open, this.#best?.start ?? open)), stopped: this.#stopped }
  }

  flush(): string {
    if (this.#stopped !== undefined) return ""
    this.#stopped = this.#best?.stop
    return this.#release(this.#best?.start ?? this.#read)
  }

  #step(unit: number): void {
    this.#state = advance(this.#state, unit)
    this.#read++
    const { depth, stop } = this.#state
    if (stop !== undefined) {
      const start = this.#read - stop.length
      if (this.#best === undefined || start < this.#best.start) this.#best = { start, stop }
    }
    // Nothing that is still open starts before the best: no later text can change the verdict.
    if (this.#best !== undefined && this.#read - depth >= this.#best.start) this.#stopped = this.#best.stop
  }

  /** Takes the held text before a position of the whole text. */
  #release(end: number): string {
    const count = end - this.#emitted
    const text = this.#held.slice(0, count)
    this.#held = this.#stopped === undefined ? this.#held.slice(count) : ""
    this.#emitted = end
    return text
  }
}
