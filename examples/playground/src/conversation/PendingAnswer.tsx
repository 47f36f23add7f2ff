import { Gem } from "../brand/Gem.tsx"

/** Before the first word. */
export function PendingAnswer({ isGuarded }: { readonly isGuarded: boolean }) {
  return (
    <div className="message answer pending">
      <div className="message-header">
        <Gem />
        <span className="speaker">Gemma</span>
        <span className="pending-text">{isGuarded ? "The guard is reading …" : "Reading …"}</span>
        <span className="dots" aria-hidden="true">
          <span />
          <span />
          <span />
        </span>
      </div>
    </div>
  )
}
