import { ModelProgress, useFacet } from "@facet/react-hooks"
import { downloadSize } from "../offline/downloadSize.ts"
import { modelName } from "../settings/modelName.ts"
import type { Settings } from "../settings/Settings.ts"
import { byteText } from "./byteText.ts"

interface ModelCardProps {
  readonly settings: Settings
  readonly onLoad: () => void
  readonly onCancel: () => void
}

/** The model on its way: offered with its size, then its progress, or what went wrong. */
export function ModelCard({ onCancel, onLoad, settings }: ModelCardProps) {
  const { device, error, progress, status } = useFacet()
  const name = settings.remote === "" ? modelName(settings.model) : settings.remote
  if (status === "idle") return <Offer settings={settings} name={name} onLoad={onLoad} />
  return (
    <ModelProgress
      status={status}
      progress={progress === undefined ? undefined : { ...progress, model: name }}
      device={device}
      error={error}
      model={name}
      onLoad={onLoad}
      onCancel={onCancel}
    />
  )
}

interface OfferProps {
  readonly settings: Settings
  readonly name: string
  readonly onLoad: () => void
}

function Offer({ name, onLoad, settings }: OfferProps) {
  const isRemote = settings.remote !== ""
  const bytes = downloadSize(settings.device)
  return (
    <div className="offer">
      <div>
        <p className="offer-title">{name}</p>
        <p className="offer-text">
          {isRemote
            ? "A server answers. Your first message connects to it, too."
            : settings.model === "tiny"
              ? `A toy: it tells small stories and makes small talk, and knows no facts. ${whatIsLoaded(bytes)}`
              : "It is loaded when you ask for it, or with your first message."}
        </p>
      </div>
      <button type="button" className="primary-button" onClick={onLoad}>
        {isRemote ? "Connect" : "Load Gemma"}
      </button>
    </div>
  )
}

/** The bar counts each of them by itself, as it comes. */
const whatIsLoaded = (bytes: number | undefined): string =>
  bytes === undefined
    ? "It is loaded when you ask for it."
    : `${byteText(bytes)} in all: the model first, then its guard, its features and what runs them.`
