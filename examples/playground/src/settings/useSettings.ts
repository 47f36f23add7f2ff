import { useCallback, useState } from "react"
import { queryOf, type ReadSettings, readSettings, type Settings } from "./Settings.ts"

export interface UseSettingsResult extends ReadSettings {
  /** Takes other settings, and writes them into the address, to be shared and to survive a reload. */
  readonly change: (changed: Partial<Settings>) => void
}

export function useSettings(): UseSettingsResult {
  const [read, setRead] = useState(() => readSettings(new URLSearchParams(location.search)))
  const { settings } = read
  const change = useCallback(
    (changed: Partial<Settings>) => {
      const next = { ...settings, ...changed }
      const address = new URL(location.href)
      address.search = queryOf(next).toString()
      history.replaceState(history.state, "", address)
      setRead({ settings: next, problems: [] })
    },
    [settings],
  )
  return { ...read, change }
}
