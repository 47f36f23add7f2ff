import { Icon } from "../brand/Icon.tsx"

interface BlockedNoteProps {
  readonly of: "input" | "output"
  /** Whether some of the answer had been released. */
  readonly hasText: boolean
}

/** In place of what the guard held back. */
export function BlockedNote({ hasText, of }: BlockedNoteProps) {
  return (
    <div className="blocked-note">
      <Icon name="shield" />
      <p>
        {of === "input"
          ? "The guard did not let this question through, so Gemma never saw it."
          : hasText
            ? "The guard held back the rest of this answer."
            : "The guard held back this answer."}
      </p>
    </div>
  )
}
