import { useFacet } from "@facet/react-hooks"
import { useId } from "react"
import { Icon } from "../brand/Icon.tsx"
import { useOffline } from "../offline/useOffline.ts"
import { deviceText } from "./deviceText.ts"
import { EngineDetails } from "./EngineDetails.tsx"
import { rateText } from "./rateText.ts"

/** In the corner: what the model runs on, and how fast; more when it is pressed. */
export function EngineStatus({ rate }: { readonly rate: number | undefined }) {
  const facet = useFacet()
  const isOffline = useOffline()
  const detailsId = useId()
  const { device, progress, status } = facet
  const isUnderWay = status === "downloading" || status === "loading"
  // Where the bar beside it has no share, there is none here.
  const isCounted = progress?.phase === "download" || progress?.phase === "files"
  const hasShare = isUnderWay && isCounted && progress.totalBytes > 0
  const share = hasShare ? ` ${Math.floor((progress.loadedBytes / progress.totalBytes) * 100)} %` : ""
  return (
    <div className="engine">
      <p className="privacy">
        {facet.isRemote
          ? "What you write goes to the server that you named."
          : "It runs in this tab: what you write stays here."}
      </p>
      <button type="button" className="engine-button" popoverTarget={detailsId}>
        <span className="status-dot" data-state={status} />
        <Icon name="chip" />
        {device === undefined ? `${words[status]}${share}` : deviceText(device)}
        {rate === undefined || status !== "ready" ? undefined : <span className="engine-rate">{rateText(rate)}</span>}
      </button>
      <EngineDetails id={detailsId} facet={facet} rate={rate} isOffline={isOffline} />
    </div>
  )
}

const words = {
  unsupported: "Cannot run here",
  idle: "Not loaded",
  downloading: "Downloading",
  loading: "Loading",
  ready: "Ready",
  error: "Not loaded",
} as const
