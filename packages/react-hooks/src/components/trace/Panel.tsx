import { FeatureList } from "./FeatureList.tsx"
import type { Listing } from "./Listing.ts"

interface PanelProps {
  readonly id: string
  readonly listing: Listing
  readonly isLocked: boolean
  readonly canClear: boolean
  readonly onClear: () => void
  readonly strongest: number
  readonly chosen: number | null
  readonly onChoose: (index: number | null) => void
}

/** The features of a token, of the whole text or of a search. */
export function Panel({ canClear, chosen, id, isLocked, listing, onChoose, onClear, strongest }: PanelProps) {
  const { features, note, title, token } = listing
  return (
    <div data-part="panel">
      <div data-part="panel-header">
        <p id={id} data-part="panel-title">
          {title}
          {token === undefined ? undefined : (
            <>
              {" "}
              <span data-part="token-text">{token}</span>
            </>
          )}
          {isLocked && token !== undefined ? (
            <>
              {" "}
              <span data-part="lock">locked</span>
            </>
          ) : undefined}
        </p>
        {canClear ? (
          <button type="button" data-part="button" onClick={onClear}>
            Whole text
          </button>
        ) : undefined}
      </div>
      {features.length === 0 ? undefined : (
        <FeatureList features={features} maximum={strongest} chosen={chosen} onChoose={onChoose} labelledBy={id} />
      )}
      {note === undefined ? undefined : <p data-part="note">{note}</p>}
    </div>
  )
}
