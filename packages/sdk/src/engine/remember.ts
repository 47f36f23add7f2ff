/** Keeps what is being opened under its key, for whoever asks next; a failed opening is forgotten, and may be tried again. */
export function remember<A>(map: Map<string, Promise<A>>, key: string, opening: Promise<A>): Promise<A> {
  map.set(key, opening)
  opening.catch(() => map.delete(key))
  return opening
}
