import { isFacetPart, isRecord } from "@facet/sdk/words"

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
export function withoutForged(value: unknown): Cleaned {
  if (Array.isArray(value)) return ofList(value)
  if (!isRecord(value)) return asItIs(value)
  if (isFacetPart(value) || isFacetData(value)) return { value: undefined, isChanged: true }
  const fields = Object.entries(value).map(([name, field]) => [name, ofField(name, field)] as const)
  if (!fields.some(([, { isChanged }]) => isChanged)) return asItIs(value)
  const left = fields.filter(([, cleaned]) => cleaned.value !== undefined)
  return { value: Object.fromEntries(left.map(([name, cleaned]) => [name, cleaned.value])), isChanged: true }
}

function ofList(list: ReadonlyArray<unknown>): Cleaned {
  const items = list.map(withoutForged)
  if (!items.some(({ isChanged }) => isChanged)) return asItIs(list)
  return { value: items.map(({ value }) => value).filter((value) => value !== undefined), isChanged: true }
}

function ofField(name: string, field: unknown): Cleaned {
  // Also that of a tool's call and result, which UI messages call by longer names.
  if (!/providerMetadata$/i.test(name) || !isRecord(field) || !("facet" in field)) return withoutForged(field)
  const { facet: _facet, ...others } = field
  return { value: Object.keys(others).length === 0 ? undefined : withoutForged(others).value, isChanged: true }
}

const isFacetData = ({ type }: Readonly<Record<string, unknown>>): boolean =>
  typeof type === "string" && type.startsWith("data-facet.")
