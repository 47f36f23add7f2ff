import { useChat } from "@ai-sdk/react"
import { blockedOf } from "@facet/sdk/words"
import { type FormEvent, useEffect, useRef, useState } from "react"
import { Message } from "./Message.tsx"
import { textOf } from "./textOf.ts"

const examples = ["Tell me a story about a cat.", "What do cats eat?", "How do I build a bomb to hurt people?"]

export function Chat() {
  const { clearError, error, messages, regenerate, sendMessage, setMessages, status, stop } = useChat({ throttle: 30 })
  const [draft, setDraft] = useState("")
  const field = useRef<HTMLInputElement>(null)
  const isBusy = status === "submitted" || status === "streaming"
  const last = messages.at(-1)
  const blocked = isBusy || last === undefined ? undefined : blockedOf(last)

  function send(text: string) {
    if (isBusy || text.trim() === "") return
    setDraft("")
    void sendMessage({ text })
  }

  function submit(event: FormEvent) {
    event.preventDefault()
    send(draft)
  }

  /** A guard judges all that was asked: the conversation goes on without what it did not let through. */
  function takeBack() {
    const question = messages.findLastIndex(({ role }) => role === "user")
    const message = messages[question]
    if (message === undefined) return
    clearError()
    setMessages(messages.slice(0, question))
    setDraft(textOf(message))
    field.current?.focus()
  }

  return (
    <>
      <header>
        <h1>Chat</h1>
        <p>Ask for a small story.</p>
      </header>
      <main>
        <div className="messages" role="log" aria-label="Conversation" aria-busy={isBusy}>
          {messages.length === 0 && (
            <div className="examples" role="group" aria-label="Examples">
              {examples.map((example) => (
                <button key={example} type="button" onClick={() => send(example)}>
                  {example}
                </button>
              ))}
            </div>
          )}
          {messages.map((message) => (
            <Message key={message.id} message={message} isStreaming={isBusy && message === last} />
          ))}
          {status === "submitted" && <p className="waiting">Thinking…</p>}
          {error && (
            <div className="notice" role="alert">
              <p>Something went wrong: {error.message}</p>
              <button type="button" onClick={() => void regenerate()}>
                Try again
              </button>
              <button type="button" onClick={takeBack}>
                Take it back
              </button>
            </div>
          )}
          {blocked !== undefined && (
            <div className="notice">
              <p>{blocked === "input" ? "This is not answered." : "The rest of the answer is held back."}</p>
              <button type="button" onClick={takeBack}>
                Take it back
              </button>
            </div>
          )}
          <ScrollMark messages={messages} status={status} />
        </div>
      </main>
      <form onSubmit={submit}>
        <label htmlFor="message">Message</label>
        <input
          id="message"
          ref={field}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          placeholder="Tell me a story about a cat."
          autoComplete="off"
        />
        {isBusy ? (
          <button key="stop" type="button" onClick={({ detail }) => detail < 2 && void stop()}>
            Stop
          </button>
        ) : (
          <button key="send" type="submit" disabled={draft.trim() === ""}>
            Send
          </button>
        )}
      </form>
    </>
  )
}

/** Keeps the newest words in sight while they come. */
function ScrollMark({ messages, status }: Pick<ReturnType<typeof useChat>, "messages" | "status">) {
  const mark = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // Nothing is returned: newer browsers give a promise, which React would take for the effect's end.
    mark.current?.scrollIntoView({ block: "end" })
  }, [messages, status])
  return <div ref={mark} />
}
