/** What a request asks, as a guard judges it. */
export interface Input {
  /** All that is to be judged; empty when the request says nothing. */
  readonly input: string
  /** What the answer will answer: the user's last words. */
  readonly question: string
}

export const noInput: Input = { input: "", question: "" }

export const inputOf = (texts: ReadonlyArray<string>, question?: string): Input => {
  const input = texts.filter((text) => text.trim() !== "").join("\n")
  return { input, question: question === undefined || question.trim() === "" ? input : question }
}
