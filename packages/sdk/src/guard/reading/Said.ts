import type { FrameText } from "../Frame.ts"

/** What a field says next: a piece of the text of its channel. */
export type Said = Omit<FrameText, "channel">
