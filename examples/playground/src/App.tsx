import { FacetProvider } from "@facet/react-hooks"
import { useMemo } from "react"
import { Playground } from "./Playground.tsx"
import { openOptions } from "./settings/Settings.ts"
import { useSettings } from "./settings/useSettings.ts"

export function App() {
  const { change, problems, settings } = useSettings()
  const open = useMemo(() => openOptions(settings), [settings])
  return (
    <FacetProvider
      open={open}
      remote={settings.remote === "" ? undefined : settings.remote}
      autoLoad={settings.autoLoad}
    >
      <Playground settings={settings} problems={problems} onChange={change} />
    </FacetProvider>
  )
}
