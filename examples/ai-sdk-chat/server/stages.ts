/** The app at three points of its life. They differ in their model alone. */
import type { UIMessage } from "ai"

export type Chat = (messages: Array<UIMessage>, abortSignal: AbortSignal) => Promise<Response>

const stages: Readonly<Record<string, () => Promise<{ readonly chat: Chat }>>> = {
  hosted: () => import("./stages/hosted.ts"),
  facet: () => import("./stages/facet.ts"),
  guarded: () => import("./stages/guarded.ts"),
}

/** @throws Error for a name that there is not */
export async function loadStage(name: string): Promise<Chat> {
  const load = Object.hasOwn(stages, name) ? stages[name] : undefined
  if (load === undefined) throw new Error(`There is no stage "${name}". There are: ${Object.keys(stages).join(", ")}.`)
  return (await load()).chat
}
