import { useState } from "react"
import { Icon, type IconName } from "../brand/Icon.tsx"
import { applyTheme, storedTheme, storeTheme, type Theme, themes } from "./theme.ts"

const icons: Readonly<Record<Theme, IconName>> = { system: "display", light: "sun", dark: "moon" }

/** Goes from one theme to the next: the system's, light, dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme)
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? "system"
  const change = () => {
    applyTheme(next)
    storeTheme(next)
    setTheme(next)
  }
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Theme: ${theme}`}
      title={`Theme: ${theme}. Switch to ${next}.`}
      onClick={change}
    >
      <Icon name={icons[theme]} />
    </button>
  )
}
