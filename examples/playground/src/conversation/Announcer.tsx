import { blockedOf, type FacetUIMessage, textOf } from "@facet/react-hooks"
import type { ChatStatus } from "ai"

interface AnnouncerProps {
  readonly messages: ReadonlyArray<FacetUIMessage>
  readonly status: ChatStatus
}

/** Tells a screen reader that an answer is on its way, and then the whole of it: word by word would be noise. */
export function Announcer({ messages, status }: AnnouncerProps) {
  return (
    <p className="visually-hidden" role="status">
      {announcement(messages, status)}
    </p>
  )
}

function announcement(messages: ReadonlyArray<FacetUIMessage>, status: ChatStatus): string {
  if (status === "submitted" || status === "streaming") return "Gemma is answering."
  const last = messages.at(-1)
  if (last?.role !== "assistant" || status === "error") return ""
  const blocked = blockedOf(last)
  if (blocked === "input") return "The guard did not let the question through."
  return `Gemma: ${textOf(last)}${blocked === "output" ? " The guard held back the rest." : ""}`
}
