/** The conversation outlives a reload, also one in the middle of an answer: it is kept as long as the tab. */
import { type FacetUIMessage, isFacetPart } from "@facet/react-hooks"
import { useEffect, useRef } from "react"

const key = "facet-conversation"

/** What this tab kept; empty where it kept nothing, or where the browser keeps nothing. */
export function restoreConversation(): Array<FacetUIMessage> {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]")
    return Array.isArray(kept) && kept.every(isMessage) ? kept : []
  } catch {
    return []
  }
}

/** Only this app writes it: what has the outline of a message is one. */
function isMessage(value: unknown): value is FacetUIMessage {
  if (typeof value !== "object" || value === null) return false
  const isKnown = "role" in value && (value.role === "user" || value.role === "assistant")
  return isKnown && "id" in value && "parts" in value && Array.isArray(value.parts)
}

/** Keeps it after each answer, and when the page goes. */
export function useKeptConversation(messages: ReadonlyArray<FacetUIMessage>, isBusy: boolean): void {
  const latest = useRef(messages)
  useEffect(() => {
    latest.current = messages
  })
  useEffect(() => {
    if (!isBusy) keep(latest.current)
  }, [isBusy, messages])
  useEffect(() => {
    const keepLatest = () => keep(latest.current)
    // A phone ends a hidden page without another word.
    const keepWhenHidden = () => {
      if (document.visibilityState === "hidden") keepLatest()
    }
    addEventListener("pagehide", keepLatest)
    document.addEventListener("visibilitychange", keepWhenHidden)
    return () => {
      removeEventListener("pagehide", keepLatest)
      document.removeEventListener("visibilitychange", keepWhenHidden)
    }
  }, [])
}

/** Where there is no room for all of it, the words stay and the features of the oldest answers go. */
function keep(messages: ReadonlyArray<FacetUIMessage>): void {
  let kept = messages
  for (let oldest = 0; oldest <= messages.length; oldest++) {
    try {
      sessionStorage.setItem(key, JSON.stringify(kept))
      return
    } catch {
      kept = kept.map((message, position) => (position === oldest ? withoutTraces(message) : message))
    }
  }
}

const withoutTraces = (message: FacetUIMessage): FacetUIMessage => ({
  ...message,
  parts: message.parts.filter((part) => !isFacetPart(part, "trace")),
})
