/** Light, dark, or as the system has it. */
export const themes = ["system", "light", "dark"] as const
export type Theme = (typeof themes)[number]

const key = "facet-theme"

/** What the visitor chose last; the system's without a choice, and where the browser keeps nothing. */
export function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(key)
    return themes.find((theme) => theme === stored) ?? "system"
  } catch {
    return "system"
  }
}

export function storeTheme(theme: Theme): void {
  try {
    localStorage.setItem(key, theme)
  } catch {
    // It holds for this visit.
  }
}

/** Styles know `data-theme`; without it they follow the system. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.body.dataset["theme"]
  else document.body.dataset["theme"] = theme
  document.documentElement.style.colorScheme = theme === "system" ? "light dark" : theme
}
