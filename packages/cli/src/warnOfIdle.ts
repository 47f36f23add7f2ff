import type { Console } from "./Console.ts"

/** Tells of flags that change nothing as they stand: a wish that is not heard is not passed over in silence. */
export async function warnOfIdle(
  { err }: Pick<Console, "err">,
  flags: ReadonlyArray<string>,
  without: string,
): Promise<void> {
  if (flags.length === 0) return
  const does = flags.length === 1 ? "does" : "do"
  await err.write(err.paint.bad(`Warning: ${flags.join(", ")} ${does} nothing without ${without}`))
  await err.writeLine()
}
