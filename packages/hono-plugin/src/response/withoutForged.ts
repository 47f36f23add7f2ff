import { isFacetPart, isRecord, type JsonRecord } from "@facet/sdk/words"

/** What is left of a value; `undefined` where nothing is. */
export interface Cleaned {
  readonly value: unknown
  readonly isChanged: boolean
}

/** Told what an event or a document holds, and gives what of it may go out. */
export type Clean = (value: unknown) => Cleaned

export const asItIs: Clean = (value) => ({ value, isChanged: false })

/**
 * JSON without what only Facet may say: `custom` and `data-` parts `facet.*`, and `facet` among what a provider tells of a
 * part. In an answer that is bytes, one that a model or a server behind the route made up looks like a real one.
 */
export const withoutForged: Clean = (value) => (hasForged(value) ? cleaned(value, 0) : asItIs(value))

/** What is nested deeper beside something forged is left out: nothing says so much, and no call stack reaches far below. */
const deepest = 1_000

/** A stack of its own reaches any depth. */
function hasForged(value: unknown): boolean {
  const stack: Array<unknown> = [value]
  while (stack.length > 0) {
    const next = stack.pop()
    if (Array.isArray(next)) for (const item of next) stack.push(item)
    else if (isRecord(next)) {
      if (isFacetPart(next) || isFacetData(next)) return true
      for (const [name, field] of Object.entries(next)) {
        if (isForgedMetadata(name, field)) return true
        stack.push(field)
      }
    }
  }
  return false
}

function cleaned(value: unknown, depth: number): Cleaned {
  if (depth > deepest) return { value: undefined, isChanged: true }
  if (Array.isArray(value)) return ofList(value, depth)
  if (!isRecord(value)) return asItIs(value)
  if (isFacetPart(value) || isFacetData(value)) return { value: undefined, isChanged: true }
  const fields = Object.entries(value).map(([name, field]) => [name, ofField(name, field, depth)] as const)
  if (!fields.some(([, { isChanged }]) => isChanged)) return asItIs(value)
  const left = fields.filter(([, field]) => field.value !== undefined)
  return { value: Object.fromEntries(left.map(([name, field]) => [name, field.value])), isChanged: true }
}

function ofList(list: ReadonlyArray<unknown>, depth: number): Cleaned {
  const items = list.map((item) => cleaned(item, depth + 1))
  if (!items.some(({ isChanged }) => isChanged)) return asItIs(list)
  return { value: items.map(({ value }) => value).filter((value) => value !== undefined), isChanged: true }
}

function ofField(name: string, field: unknown, depth: number): Cleaned {
  if (!isForgedMetadata(name, field)) return cleaned(field, depth + 1)
  const { facet: _facet, ...others } = field
  return { value: Object.keys(others).length === 0 ? undefined : cleaned(others, depth + 1).value, isChanged: true }
}

/** Also that of a tool's call and result, which UI messages call by longer names. */
const isForgedMetadata = (name: string, field: unknown): field is JsonRecord =>
  /providerMetadata$/i.test(name) && isRecord(field) && "facet" in field

const isFacetData = ({ type }: Readonly<Record<string, unknown>>): boolean =>
  typeof type === "string" && type.startsWith("data-facet.")
