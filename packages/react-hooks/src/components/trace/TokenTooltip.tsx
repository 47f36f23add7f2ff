import type { CSSProperties } from "react"
import type { Feature } from "@facet/sdk/words"
import { signedActivation } from "./Heat.ts"

interface TokenTooltipProps {
  readonly shown: string
  /** The feature that colours the token, where there is one. */
  readonly feature: Feature | undefined
  /** The middle of the token's upper edge, in pixels from the frame's corner. */
  readonly x: number
  readonly y: number
}

/** The exact figure beside the pointer. The panel says the same in words, and more: here it is only for eyes. */
export function TokenTooltip({ feature, shown, x, y }: TokenTooltipProps) {
  // React's type of styles has no custom properties, although React sets them.
  const place = { "--facet-tooltip-x": `${x}px`, "--facet-tooltip-y": `${y}px` } as CSSProperties
  return (
    <div aria-hidden="true" data-part="tooltip" style={place}>
      <span data-part="token-text">{shown}</span>{" "}
      <span data-part="activation">{feature === undefined ? "no feature" : signedActivation(feature.activation)}</span>
    </div>
  )
}
