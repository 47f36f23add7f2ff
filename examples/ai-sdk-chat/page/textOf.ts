import { isTextUIPart, type UIMessage } from "ai"

/** The words of a message. */
export const textOf = ({ parts }: UIMessage): string =>
  parts
    .filter(isTextUIPart)
    .map(({ text }) => text)
    .join("\n")
