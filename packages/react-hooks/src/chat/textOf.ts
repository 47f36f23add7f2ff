import type { MessageWithParts } from "@facet/sdk/words"

/** The words of a message. */
export const textOf = (message: MessageWithParts): string =>
  message.parts
    .map((part) => ("type" in part && part.type === "text" && "text" in part ? String(part.text) : ""))
    .join("")
