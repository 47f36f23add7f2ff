/** A map, or a cache that forgets. */
interface Settable<A> {
  set(key: string, value: Promise<A>): unknown
  delete(key: string): unknown
}

/** Keeps what is being opened under its key, for whoever asks next; a failed opening is forgotten, and may be tried again. */
export function remember<A>(map: Settable<A>, key: string, opening: Promise<A>): Promise<A> {
  map.set(key, opening)
  opening.catch(() => map.delete(key))
  return opening
}
