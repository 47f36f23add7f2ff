import { type KeyboardEvent, type Ref, useEffect, useState } from "react"
import { Icon } from "../brand/Icon.tsx"
import { DraftVerdict } from "./DraftVerdict.tsx"
import { GuardSwitch } from "./GuardSwitch.tsx"
import { keepDraft, restoreDraft } from "./keptDraft.ts"

interface ComposerProps {
  readonly ref: Ref<HTMLTextAreaElement>
  /** Whether an answer is on its way. */
  readonly isBusy: boolean
  readonly isGuarded: boolean
  readonly onGuard: (isGuarded: boolean) => void
  readonly onSend: (text: string) => void
  readonly onStop: () => void
}

export function Composer({ isBusy, isGuarded, onGuard, onSend, onStop, ref }: ComposerProps) {
  const [draft, setDraft] = useState(restoreDraft)
  const canSend = !isBusy && draft.trim() !== ""
  useEffect(() => keepDraft(draft), [draft])

  const send = () => {
    if (!canSend) return
    onSend(draft.trim())
    setDraft("")
  }
  const sendOnEnter = (event: KeyboardEvent) => {
    // Enter also ends the composition of a character, in Japanese say.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <textarea
        ref={ref}
        className="composer-field"
        dir="auto"
        aria-label="Message"
        placeholder="Ask Gemma for a story, or just say hello"
        rows={1}
        maxLength={4000}
        value={draft}
        onChange={({ target }) => setDraft(target.value)}
        onKeyDown={sendOnEnter}
      />
      <div className="composer-actions">
        <GuardSwitch isOn={isGuarded} onChange={onGuard} />
        <DraftVerdict draft={draft} isJudging={isGuarded && !isBusy} />
        {/* The second click of a double click on Send is none on Stop, which takes its place. */}
        {isBusy ? (
          <button
            key="stop"
            type="button"
            className="send-button"
            data-kind="stop"
            onClick={({ detail }) => detail < 2 && onStop()}
          >
            <Icon name="stop" />
            Stop
          </button>
        ) : (
          <button key="send" type="submit" className="send-button" disabled={!canSend}>
            <Icon name="send" />
            Send
          </button>
        )}
      </div>
    </form>
  )
}
