import type { UseFacetResult } from "@facet/react-hooks"
import { modelName } from "../settings/modelName.ts"
import { deviceNames, deviceText } from "./deviceText.ts"
import { rateText } from "./rateText.ts"

interface EngineDetailsProps {
  readonly id: string
  readonly facet: UseFacetResult
  readonly rate: number | undefined
  readonly isOffline: boolean
}

/** What the model runs on, and why on nothing better. */
export function EngineDetails({ facet, id, isOffline, rate }: EngineDetailsProps) {
  const { device, dispose, isRemote, model, status } = facet
  // A device is tried in several precisions, and fails in all of them for one reason.
  const rejected = [...new Map(device?.rejected.map((one) => [`${one.name}: ${one.reason}`, one])).values()]
  return (
    <div id={id} popover="auto" className="engine-details" role="region" aria-label="Engine">
      <h2>Engine</h2>
      <dl>
        <Entry name="Model">{model === undefined ? "not loaded" : modelName(model)}</Entry>
        <Entry name="Device">{device === undefined ? "chosen when it is loaded" : deviceText(device)}</Entry>
        {rate === undefined ? undefined : <Entry name="Speed">{rateText(rate)}</Entry>}
        {isRemote ? undefined : <Entry name="Threads">{threadsText()}</Entry>}
        {isRemote ? undefined : (
          <Entry name="Offline">{isOffline ? "works without a network" : "needs a network"}</Entry>
        )}
      </dl>
      {rejected.length === 0 ? undefined : (
        <>
          <h3>Why nothing better</h3>
          <ul>
            {rejected.map(({ name, reason }) => (
              <li key={`${name}: ${reason}`}>
                <strong>{deviceNames[name]}</strong>: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
      {status === "ready" ? (
        <button type="button" className="chip-button" onClick={() => void dispose()}>
          {isRemote ? "Disconnect" : "Unload and free its memory"}
        </button>
      ) : undefined}
    </div>
  )
}

/** Some browsers call a page isolated, and give it no memory that threads could share. */
function threadsText(): string {
  if (!crossOriginIsolated) return "not allowed: this page is not cross-origin isolated"
  return typeof SharedArrayBuffer === "function" ? "allowed" : "not allowed: this browser shares no memory"
}

function Entry({ children, name }: { readonly name: string; readonly children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
