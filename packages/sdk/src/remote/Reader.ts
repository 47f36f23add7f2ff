/**
 * Readers of JSON that came over a network: each takes what it knows and refuses what it cannot be, by its path. By hand,
 * since a page would pay for a library of schemas with more than all of this.
 */
import { isRecord } from "../words/Json.ts"

/** What a document holds is not what its reader expects. */
export class Misread extends Error {
  override readonly name = "Misread"
}

/** @throws Misread with the path of what is wrong. */
export type Reader<A> = (value: unknown, path: string) => A

export const text: Reader<string> = (value, path) =>
  typeof value === "string" ? value : misread(value, path, "a text")

/** JSON has no other numbers than finite ones. */
export const number: Reader<number> = (value, path) =>
  typeof value === "number" ? value : misread(value, path, "a number")

export const whole: Reader<number> = (value, path) =>
  typeof value === "number" && Number.isSafeInteger(value) ? value : misread(value, path, "a whole number")

export const flag: Reader<boolean> = (value, path) =>
  typeof value === "boolean" ? value : misread(value, path, "true or false")

/** One of a few texts. */
export const oneOf =
  <A extends string>(known: ReadonlyArray<A>): Reader<A> =>
  (value, path) =>
    known.find((one) => one === value) ?? misread(value, path, `one of ${known.join(", ")}`)

export const list =
  <A>(item: Reader<A>): Reader<ReadonlyArray<A>> =>
  (value, path) =>
    Array.isArray(value) ? value.map((one, i) => item(one, `${path}[${i}]`)) : misread(value, path, "a list")

/** An object of any names. */
export const named =
  <A>(item: Reader<A>): Reader<Readonly<Record<string, A>>> =>
  (value, path) =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, item(one, `${path}.${name}`)]))
      : misread(value, path, "an object")

/** Left out, or `null`, it is undefined. */
export const optional =
  <A>(read: Reader<A>): Reader<A | undefined> =>
  (value, path) =>
    value === undefined || value === null ? undefined : read(value, path)

/** `null` says something, and a field that is left out nothing. */
export const nullable =
  <A>(read: Reader<A>): Reader<A | null> =>
  (value, path) =>
    value === null ? null : read(value, path)

/** A reader for each field: one that is missing here is an error of types. */
type Fields<A> = { readonly [Name in keyof A]-?: Reader<A[Name]> }

/** An object of these fields. Others, which a newer server may send, are left out, and so are those without a value. */
export const record =
  <A extends object>(fields: Fields<A>): Reader<A> =>
  (value, path) => {
    if (!isRecord(value)) return misread(value, path, "an object")
    const readers: ReadonlyArray<readonly [string, Reader<unknown>]> = Object.entries(fields)
    const read = readers.map(([name, reader]) => [name, reader(value[name], path === "" ? name : `${path}.${name}`)])
    // Each field has gone through the reader of its own type.
    return Object.fromEntries(read.filter(([, field]) => field !== undefined)) as A
  }

function misread(value: unknown, path: string, wanted: string): never {
  throw new Misread(`${path === "" ? "it" : path} is ${kindOf(value)} where ${wanted} is expected`)
}

const kinds: Readonly<Record<string, string>> = { undefined: "nothing", string: "a text", object: "an object" }

function kindOf(value: unknown): string {
  if (value === null) return "null"
  return Array.isArray(value) ? "a list" : (kinds[typeof value] ?? `a ${typeof value}`)
}
