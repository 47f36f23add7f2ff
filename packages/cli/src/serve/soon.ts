/** What a promise gives, if it gives it within so many milliseconds. */
export const soon = <A>(promise: Promise<A>, milliseconds: number): Promise<A | undefined> => {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, milliseconds, undefined).unref())
  return Promise.race([promise.catch(() => undefined), late])
}
