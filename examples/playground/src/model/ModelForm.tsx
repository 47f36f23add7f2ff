import { type FormEvent, useId, useState } from "react"
import { type DeviceChoice, devices, type Settings } from "../settings/Settings.ts"
import { Field } from "./Field.tsx"
import { StoredModels } from "./StoredModels.tsx"

interface ModelFormProps {
  readonly visit: number
  readonly settings: Settings
  readonly onChange: (changed: Partial<Settings>) => void
}

const places = ["tiny", "other", "server"] as const
type Place = (typeof places)[number]

const placeOf = ({ model, remote }: Settings): Place => (remote !== "" ? "server" : model === "tiny" ? "tiny" : "other")

const placeTexts: Readonly<Record<Place, { readonly title: string; readonly text: string }>> = {
  tiny: {
    title: "Tiny Gemma",
    text: "A toy that comes with this page: small stories and small talk, in English, and no facts.",
  },
  other: { title: "Another Gemma 2", text: "From the Hugging Face Hub or any web server, kept on this device." },
  server: { title: "A server", text: "What facet serve runs, with the same three effects." },
}

const deviceTexts: Readonly<Record<DeviceChoice, string>> = {
  auto: "The best that works",
  webgpu: "WebGPU",
  wasm: "WebAssembly",
}

/** Nothing changes before it is sent: the open model is closed by a change. */
export function ModelForm({ onChange, settings, visit }: ModelFormProps) {
  const [place, setPlace] = useState(placeOf(settings))
  const [model, setModel] = useState(settings.model === "tiny" ? "" : settings.model)
  const [remote, setRemote] = useState(settings.remote)
  const [shield, setShield] = useState(settings.shield)
  const [scope, setScope] = useState(settings.scope)
  const [device, setDevice] = useState(settings.device)
  const deviceId = useId()

  const use = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const isOther = place === "other"
    onChange({
      device,
      model: isOther ? model.trim() : "tiny",
      remote: place === "server" ? remote.trim() : "",
      shield: isOther ? shield.trim() || "tiny" : "tiny",
      scope: isOther ? scope.trim() : "",
    })
    event.currentTarget.closest("dialog")?.close()
  }
  return (
    <form className="picker-form" onSubmit={use}>
      <fieldset>
        <legend>Where it comes from</legend>
        {places.map((name) => (
          <label key={name} className="choice">
            <input type="radio" name="place" checked={place === name} onChange={() => setPlace(name)} />
            <span>
              <span className="choice-title">{placeTexts[name].title}</span>
              <span className="hint">{placeTexts[name].text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {place === "other" ? (
        <>
          <Field
            label="URL or Hub id of a model folder"
            hint="Google's own on the Hub ask for an account, which a page has not: name a copy that everybody may read."
            placeholder="https://models.example.org/gemma-2-2b-it"
            value={model}
            onChange={setModel}
            required
          />
          <Field label="Guard" hint="An id, a URL, or tiny for the small one." value={shield} onChange={setShield} />
          <Field
            label="Features"
            hint="The URL of a Gemma Scope params.npz. Without one, answers have no features."
            value={scope}
            onChange={setScope}
          />
          <StoredModels visit={visit} onUse={setModel} />
        </>
      ) : undefined}
      {place === "server" ? (
        <Field label="URL" placeholder="http://127.0.0.1:8080" value={remote} onChange={setRemote} required />
      ) : (
        <div className="field">
          <label htmlFor={deviceId}>Runs on</label>
          <select
            id={deviceId}
            value={device}
            onChange={({ target }) => setDevice(devices.find((name) => name === target.value) ?? "auto")}
          >
            {devices.map((name) => (
              <option key={name} value={name}>
                {deviceTexts[name]}
              </option>
            ))}
          </select>
        </div>
      )}
      <button type="submit" className="primary-button">
        Use this model
      </button>
    </form>
  )
}
