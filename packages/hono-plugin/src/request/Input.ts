/** What a request asks, as a guard judges it. */
import { promptReadings, type PromptReadings } from "@facet/sdk/words"

export type Input = PromptReadings

export const noInput: Input = { input: [], question: undefined }

/** Texts that are no chat are one text. */
export const inputOf = (texts: ReadonlyArray<string>): Input =>
  promptReadings([], [], texts.filter((text) => text.trim() !== "").join("\n"))

/** All that an input says: the longest of its readings is the whole. */
export const wholeOf = ({ input }: Input): string =>
  input.reduce((longest, { text }) => (text.length > longest.length ? text : longest), "")
