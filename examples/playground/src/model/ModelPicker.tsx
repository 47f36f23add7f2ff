import { type Ref, useState } from "react"
import { Icon } from "../brand/Icon.tsx"
import type { Settings } from "../settings/Settings.ts"
import { ModelForm } from "./ModelForm.tsx"

interface ModelPickerProps {
  readonly ref: Ref<HTMLDialogElement>
  readonly settings: Settings
  readonly onChange: (changed: Partial<Settings>) => void
}

/** Which model, and what it runs on. */
export function ModelPicker({ onChange, ref, settings }: ModelPickerProps) {
  const [visit, setVisit] = useState(0)
  return (
    <dialog
      ref={ref}
      className="picker"
      aria-labelledby="picker-title"
      // Whoever opens it, storage is looked at and the form shows what holds now.
      onToggle={({ newState }) => {
        if (newState === "open") setVisit((before) => before + 1)
      }}
    >
      <div className="picker-header">
        <h2 id="picker-title">Model</h2>
        <form method="dialog">
          <button type="submit" className="icon-button" aria-label="Close">
            <Icon name="close" />
          </button>
        </form>
      </div>
      <ModelForm key={visit} visit={visit} settings={settings} onChange={onChange} />
    </dialog>
  )
}
