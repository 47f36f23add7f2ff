/**
 * What Facet itself has told in this process. A model, or a server behind it, can write whatever it likes into an answer,
 * and so something that looks like a verdict; it cannot make an object that is in this set.
 */
const own = new WeakSet<object>()

/** Notes that a `providerMetadata.facet` was made here. */
export function ownMetadata<A extends object>(facet: A): A {
  own.add(facet)
  return facet
}

/** Whether a `providerMetadata.facet` was made here. */
export const isOwnMetadata = (facet: unknown): boolean => typeof facet === "object" && facet !== null && own.has(facet)
