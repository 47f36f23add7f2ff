/** Objects and arrays as nodes of a grammar: how many members there were is counted, not unrolled. */
import type { ByteAutomaton } from "./ByteAutomaton.ts"
import { type GrammarNode, possible, Text } from "./Grammar.ts"
import { JsonKey } from "./JsonKey.ts"
import { type Notation, oneOf } from "./Notation.ts"
import type { TokenTrie } from "./TokenTrie.ts"

const open = { array: oneOf("["), object: oneOf("{") }
const close = { array: oneOf("]"), object: oneOf("}") }

type Ways = ReadonlyArray<ReadonlyArray<GrammarNode>>

export interface ArrayShape {
  readonly notation: Notation
  /** The first items, in their places. */
  readonly prefix: ReadonlyArray<GrammarNode>
  /** Those that follow. */
  readonly items: GrammarNode
  readonly least: number
  /** May be Infinity. */
  readonly most: number
}

/** An array, bracket by bracket. */
export const jsonArray = (shape: ArrayShape): ReadonlyArray<GrammarNode> => [open.array, new Items(shape, 0, [])]

/** What follows so many items. */
class Items implements GrammarNode {
  readonly #shape: ArrayShape
  readonly #count: number
  readonly #others: Array<Items | undefined>
  #ways: Ways | undefined

  constructor(shape: ArrayShape, count: number, others: Array<Items | undefined>) {
    this.#shape = shape
    this.#count = count
    this.#others = others
    others[count] = this
  }

  get ways(): Ways {
    const { least, most, notation } = this.#shape
    this.#ways ??= possible([
      ...(this.#count < most
        ? [[...(this.#count > 0 ? [notation.comma] : []), this.#item(this.#count), this.#after()]]
        : []),
      ...(this.#count >= least ? [[close.array]] : []),
    ])
    return this.#ways
  }

  get cost(): number {
    const { items, least, notation, prefix } = this.#shape
    const { comma } = notation
    let cost = close.array.cost
    for (let i = this.#count; i < Math.min(least, prefix.length); i++) cost += this.#item(i).cost + comma.cost
    const rest = least - Math.max(this.#count, prefix.length)
    if (rest > 0) cost += rest * (items.cost + comma.cost)
    // No comma stands before the first.
    return this.#count === 0 && least > 0 ? cost - comma.cost : cost
  }

  #item(i: number): GrammarNode {
    return this.#shape.prefix[i] ?? this.#shape.items
  }

  #after(): Items {
    const { least, most, prefix } = this.#shape
    // Where no more is counted, counts are one.
    const count = most === Infinity ? Math.min(this.#count + 1, Math.max(1, least, prefix.length)) : this.#count + 1
    return this.#others[count] ?? new Items(this.#shape, count, this.#others)
  }
}

export interface PropertyShape {
  readonly name: string
  readonly value: GrammarNode
  readonly isRequired: boolean
}

/** Members whose names are not given. */
export interface FurtherShape {
  /** Their names, quotes included. */
  readonly names: ByteAutomaton
  readonly value: GrammarNode
}

export interface ObjectShape {
  readonly notation: Notation
  /** What names are said in, to know in how few; undefined: each byte counts as one. */
  readonly tokens: TokenTrie | undefined
  /** They come in this order. */
  readonly properties: ReadonlyArray<PropertyShape>
  /** They come after the properties. */
  readonly further: ReadonlyArray<FurtherShape>
  /** No further member has such a name, as one of the properties has it. */
  readonly reserved: ReadonlyArray<string>
  /** Members at least and at most; the latter may be Infinity. */
  readonly least: number
  readonly most: number
}

/** An object, brace by brace. */
export const jsonObject = (shape: ObjectShape): ReadonlyArray<GrammarNode> => {
  const whole = new WholeObject(shape)
  return [open.object, whole.members(0, 0, whole.noNames)]
}

/** Names that an object has already, of those that its shape does not give. */
interface Names {
  readonly list: ReadonlyArray<string>
  readonly key: string
}

interface PropertyCosts {
  /** `[i]`: of those from i on that are required. */
  readonly required: ReadonlyArray<number>
  /** Of those that may be left out, and can be written: how many there are from i on, and what so many of the last cost. */
  readonly optional: { readonly countFrom: ReadonlyArray<number>; readonly ofLast: ReadonlyArray<number> }
}

class WholeObject {
  readonly shape: ObjectShape
  readonly noNames: Names = { list: [], key: "" }
  readonly #members = new Map<string, Members>()
  readonly #names = new Map<string, Names>()
  readonly #keys = new Map<string, Text>()
  readonly #properties: ReadonlyArray<{ readonly first: Text; readonly later: Text }>
  /** `[i]`: of the properties from i on, how many are required. */
  readonly required: ReadonlyArray<number>
  readonly isCounted: boolean
  /** Whether what values cost is known: it is, when the first way is looked for. */
  isSettled = false
  #costs: PropertyCosts | undefined

  constructor(shape: ObjectShape) {
    this.shape = shape
    this.isCounted = shape.most < Infinity || shape.least > 0
    this.#properties = shape.properties.map(({ name }) => shape.notation.property(name, shape.tokens))
    const required = [0]
    for (const { isRequired } of shape.properties.toReversed())
      required.push((required.at(-1) ?? 0) + (isRequired ? 1 : 0))
    this.required = required.toReversed()
  }

  /** What the properties from each on cost; found out once, when it is known what their values cost. */
  get costs(): PropertyCosts {
    if (this.#costs !== undefined) return this.#costs
    const costs = this.#measure()
    if (this.isSettled) this.#costs = costs
    return costs
  }

  #measure(): PropertyCosts {
    const { properties } = this.shape
    const required = Array<number>(properties.length + 1).fill(0)
    const countFrom = Array<number>(properties.length + 1).fill(0)
    const ofLast = [0]
    for (let i = properties.length - 1; i >= 0; i--) {
      const { isRequired, value } = properties[i]!
      const one = (this.property(i, false)?.cost ?? 0) + value.cost
      const isOption = !isRequired && Number.isFinite(one)
      required[i] = (required[i + 1] ?? 0) + (isRequired ? one : 0)
      countFrom[i] = (countFrom[i + 1] ?? 0) + (isOption ? 1 : 0)
      if (isOption) ofLast.push((ofLast.at(-1) ?? 0) + one)
    }
    return { required, optional: { countFrom, ofLast } }
  }

  /** What follows: the next property that may come, how many there were, and which names of no property. */
  members(next: number, count: number, names: Names): Members {
    const { least, most } = this.shape
    // Only whether there was one is told apart where nothing is counted; and no more than is needed.
    const counted = this.isCounted
      ? most === Infinity
        ? Math.min(count, Math.max(1, least))
        : count
      : Math.min(1, count)
    const key = `${next},${counted},${names.key}`
    const known = this.#members.get(key)
    if (known !== undefined) return known
    const made = new Members(this, next, counted, names)
    this.#members.set(key, made)
    return made
  }

  property(index: number, isFirst: boolean): Text | undefined {
    const texts = this.#properties[index]
    return isFirst ? texts?.first : texts?.later
  }

  /** A name of a further member that none has yet. */
  key(further: number, names: Names): Text | undefined {
    const shape = this.shape.further[further]
    if (shape === undefined) return undefined
    const key = `${further},${names.key}`
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    const { notation, reserved } = this.shape
    const made = new Text(new JsonKey(shape.names, [...reserved, ...names.list].map(notation.quoted), notation.quote))
    this.#keys.set(key, made)
    return made
  }

  withName({ list }: Names, name: string): Names {
    const longer = [...list, name].toSorted()
    const key = JSON.stringify(longer)
    const known = this.#names.get(key) ?? { list: longer, key }
    this.#names.set(key, known)
    return known
  }
}

class Members implements GrammarNode {
  readonly #object: WholeObject
  readonly #next: number
  readonly #count: number
  readonly #names: Names
  #ways: Ways | undefined

  constructor(object: WholeObject, next: number, count: number, names: Names) {
    this.#object = object
    this.#next = next
    this.#count = count
    this.#names = names
  }

  get ways(): Ways {
    if (this.#ways !== undefined) return this.#ways
    this.#object.isSettled = true
    this.#ways = possible([...this.#propertyWays(), ...this.#furtherWays(), ...this.#endWays()])
    return this.#ways
  }

  get cost(): number {
    const { further, least, notation } = this.#object.shape
    const { colon, comma } = notation
    const { optional, required } = this.#object.costs
    const cost = close.object.cost + (required[this.#next] ?? 0)
    const missing = least - this.#count - this.#required
    if (missing <= 0) return cost
    // An upper bound will do: the last properties first, as those before them may have been passed over.
    const given = Math.min(missing, optional.countFrom[this.#next] ?? 0)
    const rest = missing - given
    const known = cost + (optional.ofLast[given] ?? 0)
    if (rest <= 0) return known
    const more = further.map(({ value }, i) => (this.#object.key(i, this.#names)?.cost ?? Infinity) + value.cost)
    // Each name is longer than the last one by no more than one byte in as many.
    return known + rest * (Math.min(Infinity, ...more) + comma.cost + colon.cost + rest)
  }

  #propertyWays(): Ways {
    const { properties } = this.#object.shape
    const ways: Array<ReadonlyArray<GrammarNode>> = []
    for (let i = this.#next; i < properties.length; i++) {
      const { isRequired, value } = properties[i]!
      const key = this.#object.property(i, this.#count === 0)
      if (key !== undefined && this.#fits(i)) {
        ways.push([key, value, this.#object.members(i + 1, this.#count + 1, this.#names)])
      }
      if (isRequired) break
    }
    return ways
  }

  /** Whether a property may come: those that must come after it have their places, and enough may come. */
  #fits(index: number): boolean {
    const { properties } = this.#object.shape
    const { least, most } = this.#object.shape
    const after = this.#object.required[index + 1] ?? 0
    if (this.#count + 1 + after > most) return false
    return this.#hasFurther || this.#count + properties.length - index >= least
  }

  #furtherWays(): Ways {
    const { further, most, notation } = this.#object.shape
    if (this.#required > 0 || this.#count >= most) return []
    return further.flatMap(({ value }, i) => {
      const key = this.#object.key(i, this.#names)
      return key === undefined
        ? []
        : [
            [
              ...(this.#count > 0 ? [notation.comma] : []),
              key,
              new AfterKey(this.#object, value, this.#count, this.#names),
            ],
          ]
    })
  }

  #endWays(): Ways {
    return this.#required === 0 && this.#count >= this.#object.shape.least ? [[close.object]] : []
  }

  get #required(): number {
    return this.#object.required[this.#next] ?? 0
  }

  get #hasFurther(): boolean {
    return this.#object.shape.further.some(({ value }) => value.cost < Infinity)
  }
}

/** What follows the name of a further member. Whoever knows which name it was says so. */
export class AfterKey implements GrammarNode {
  readonly #object: WholeObject
  readonly #value: GrammarNode
  readonly #count: number
  readonly #names: Names
  readonly #named = new Map<string, GrammarNode>()
  #ways: Ways | undefined

  constructor(object: WholeObject, value: GrammarNode, count: number, names: Names) {
    this.#object = object
    this.#value = value
    this.#count = count
    this.#names = names
  }

  get ways(): Ways {
    const { notation, properties } = this.#object.shape
    const { length } = properties
    this.#ways ??= possible([[notation.colon, this.#value, this.#object.members(length, this.#count + 1, this.#names)]])
    return this.#ways
  }

  get cost(): number {
    const { notation, properties } = this.#object.shape
    const { length } = properties
    return notation.colon.cost + this.#value.cost + this.#object.members(length, this.#count + 1, this.#names).cost
  }

  /** The same after a name that may not come again. */
  after(name: string): GrammarNode {
    const known = this.#named.get(name)
    if (known !== undefined) return known
    const names = this.#object.withName(this.#names, name)
    const made = new AfterKey(this.#object, this.#value, this.#count, names)
    this.#named.set(name, made)
    return made
  }
}
