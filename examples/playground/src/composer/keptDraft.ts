/** What is half written outlives a reload, as the conversation does. */
const key = "facet-draft"

export function restoreDraft(): string {
  try {
    return sessionStorage.getItem(key) ?? ""
  } catch {
    return ""
  }
}

export function keepDraft(draft: string): void {
  try {
    sessionStorage.setItem(key, draft)
  } catch {
    // The browser keeps nothing, or has no room: a reload loses it.
  }
}
