/**
 * Schemas as parts: a value has to fit all parts of a list. References, `allOf` and alternatives dissolve into such lists, so
 * that whatever stands beside them counts.
 */
import { isList, isRecord, type JsonRecord } from "../../../words/Json.ts"
import { checkKeywords, cut, pathTo, refuse } from "./Keywords.ts"

/** References to references, and parts of parts: no call stack holds any number of them. */
const deepest = 512

/** A schema, and where it stands. */
export interface Part {
  readonly schema: unknown
  readonly path: string
  /** Its references, `allOf` and alternatives are dealt with. */
  readonly isBare?: boolean
}

/** A schema object of which only its own keywords are meant. */
export interface BarePart {
  readonly schema: JsonRecord
  readonly path: string
}

/** What an alternative of `anyOf` or `oneOf` is. */
export interface Alternatives {
  readonly of: ReadonlyArray<Part>
  readonly isExclusive: boolean
  readonly path: string
}

/** What parts come to. */
export interface Flat {
  readonly parts: ReadonlyArray<BarePart>
  readonly alternatives: ReadonlyArray<Alternatives>
  /** Where a `false` stands, which nothing fits. */
  readonly never: string | undefined
}

/** A document that references point into. */
export class SchemaDocument {
  readonly #root: unknown
  readonly #path: string
  readonly #anchors = new Map<string, Part>()
  readonly #checked = new Set<string>()

  constructor(root: unknown, path: string) {
    this.#root = root
    this.#path = path
    this.#findAnchors(root, path, true)
  }

  get root(): Part {
    return { schema: this.#root, path: this.#path }
  }

  flatten(parts: ReadonlyArray<Part>): Flat {
    const flat = new Map<string, BarePart>()
    const alternatives = new Map<string, Alternatives>()
    let never: string | undefined
    const add = ({ isBare, path, schema }: Part, above: ReadonlyArray<string>): void => {
      if (above.includes(path)) {
        throw refuse(
          path,
          "it refers to itself, and says nothing else",
          "Let it refer to itself within a property or items.",
        )
      }
      if (above.length > deepest) {
        const problem = `its references and parts lead on to others more than ${deepest} times`
        throw refuse(cut(above[0] ?? path), problem, "Refer to what is meant at once.")
      }
      if (schema === false) never ??= path
      if (typeof schema === "boolean") return
      if (!isRecord(schema))
        throw refuse(path, `${typeof schema} where a schema is expected`, "Use an object, or true or false.")
      if (!this.#checked.has(path)) checkKeywords(schema, path)
      this.#checked.add(path)
      if (schema["not"] !== undefined) never ??= pathTo(path, "not")
      flat.set(path, { schema, path })
      if (isBare === true) return
      const inner = [...above, path]
      const { $ref: reference } = schema
      if (typeof reference === "string") add(this.#resolve(reference, pathTo(path, "$ref")), inner)
      for (const part of partsOf(schema["allOf"], pathTo(path, "allOf"))) add(part, inner)
      for (const keyword of ["anyOf", "oneOf"] as const) {
        const at = pathTo(path, keyword)
        const of = partsOf(schema[keyword], at)
        if (of.length > 0) alternatives.set(at, { of, isExclusive: keyword === "oneOf", path: at })
      }
    }
    for (const part of parts) add(part, [])
    return { parts: [...flat.values()], alternatives: [...alternatives.values()], never }
  }

  #resolve(reference: string, at: string): Part {
    if (!reference.startsWith("#")) {
      throw refuse(at, `${JSON.stringify(reference)} lies outside of the schema`, "Put what it means into `$defs`.")
    }
    const pointer = decoded(reference.slice(1))
    const anchor = this.#anchors.get(pointer)
    if (anchor !== undefined) return anchor
    let part = this.root
    const steps = pointer === "" ? [] : pointer.split("/").slice(1)
    const isPointer = pointer === "" || pointer.startsWith("/")
    for (const step of steps) {
      const key = step.replaceAll("~1", "/").replaceAll("~0", "~")
      const { path, schema } = part
      const isIndex = isList(schema) && /^(?:0|[1-9]\d*)$/.test(key)
      const next = isIndex
        ? schema[Number(key)]
        : isRecord(schema) && Object.hasOwn(schema, key)
          ? schema[key]
          : undefined
      part = { schema: next, path: pathTo(path, isIndex ? Number(key) : key) }
    }
    if (isPointer && part.schema !== undefined) return part
    throw refuse(at, `there is no ${JSON.stringify(reference)} in the schema`, "Correct it, or add what it means.")
  }

  #findAnchors(value: unknown, path: string, isRoot: boolean): void {
    if (isList(value)) for (const [i, item] of value.entries()) this.#findAnchors(item, pathTo(path, i), false)
    if (!isRecord(value)) return
    const { $anchor: anchor, $id: id } = value
    if (typeof anchor === "string" && isKeyword(path)) {
      if (this.#anchors.has(anchor)) {
        const remedy = "Rename one of them."
        throw refuse(pathTo(path, "$anchor"), `${JSON.stringify(anchor)} is another schema's anchor, too`, remedy)
      }
      this.#anchors.set(anchor, { schema: value, path })
    }
    if (!isRoot && typeof id === "string" && typeof value["$ref"] !== "string" && isKeyword(path)) {
      throw refuse(
        pathTo(path, "$id"),
        "only the whole schema may have an id",
        "Leave it out, and refer to it by `#/…`.",
      )
    }
    for (const [key, item] of Object.entries(value)) {
      // What stands there is data, whatever it looks like.
      if (key === "enum" || key === "const" || key === "default" || key === "examples") continue
      this.#findAnchors(item, pathTo(path, key), false)
    }
  }
}

/** Whether what stands at a path is a schema, and not a property's name that happens to be one. */
const isKeyword = (path: string): boolean => !/\.(?:properties|patternProperties|\$defs|definitions)$/.test(path)

const decoded = (reference: string): string => {
  try {
    return decodeURIComponent(reference)
  } catch {
    return reference
  }
}

export const partsOf = (value: unknown, path: string): ReadonlyArray<Part> =>
  isList(value) ? value.map((schema, i) => ({ schema, path: pathTo(path, i) })) : []
