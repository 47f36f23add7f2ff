import { useFacet, useFacetChat } from "@facet/react-hooks"
import { useId, useRef, useState } from "react"
import { Header } from "./Header.tsx"
import { Composer } from "./composer/Composer.tsx"
import { Announcer } from "./conversation/Announcer.tsx"
import { Conversation } from "./conversation/Conversation.tsx"
import { PendingAnswer } from "./conversation/PendingAnswer.tsx"
import { Problem } from "./conversation/Problem.tsx"
import { restoreConversation, useKeptConversation } from "./conversation/keptConversation.ts"
import { useFollow } from "./conversation/useFollow.ts"
import { EngineStatus } from "./engine/EngineStatus.tsx"
import { useTokenRate } from "./engine/useTokenRate.ts"
import { Explore } from "./explore/Explore.tsx"
import { ModelCard } from "./model/ModelCard.tsx"
import { ModelPicker } from "./model/ModelPicker.tsx"
import { traceOptions, type Settings } from "./settings/Settings.ts"
import { Welcome } from "./welcome/Welcome.tsx"

/** What is flagged comes with the words that it hangs on. */
const explained = { explain: true } as const

interface PlaygroundProps {
  readonly settings: Settings
  readonly problems: ReadonlyArray<string>
  readonly onChange: (changed: Partial<Settings>) => void
}

export function Playground({ onChange, problems, settings }: PlaygroundProps) {
  const facet = useFacet()
  const [restored] = useState(restoreConversation)
  const chat = useFacetChat({
    messages: restored,
    guard: settings.guard ? explained : false,
    trace: traceOptions(settings),
    maxTokens: settings.maxTokens,
  })
  const { clearError, error, messages, regenerate, sendMessage, setMessages, status, stop } = chat
  const isBusy = status === "submitted" || status === "streaming"
  const rate = useTokenRate(messages, status === "streaming")
  const picker = useRef<HTMLDialogElement>(null)
  const message = useRef<HTMLTextAreaElement>(null)
  const mainId = useId()
  useKeptConversation(messages, isBusy)
  useFollow(messages, `${facet.status} ${status}`)

  const send = (text: string) => {
    void sendMessage({ text })
    message.current?.focus()
  }
  const begin = () => {
    void stop()
    clearError()
    setMessages([])
    message.current?.focus()
  }
  const giveUpLoading = () => {
    void stop()
    facet.cancel()
  }
  const tryAgain = () => {
    message.current?.focus()
    void regenerate()
  }
  const load = () => {
    // The button goes: who works by keyboard goes on where the next thing is done.
    if (document.activeElement?.matches(":focus-visible") === true) message.current?.focus()
    if (status === "error") tryAgain()
    else void facet.load()
  }

  const isEmpty = messages.length === 0
  const isWaiting = isBusy && messages.at(-1)?.role === "user"
  const modelCard = <ModelCard settings={settings} onLoad={load} onCancel={giveUpLoading} />
  return (
    <>
      <a className="skip-link" href={`#${mainId}`}>
        Skip to the conversation
      </a>
      <Header settings={settings} canBegin={!isEmpty} onBegin={begin} onPickModel={() => picker.current?.showModal()} />
      <main id={mainId} className="main" tabIndex={-1}>
        {problems.map((problem) => (
          <Problem key={problem} title="The address of this page" message={problem} />
        ))}
        {isEmpty ? (
          <Welcome onSend={send}>{modelCard}</Welcome>
        ) : (
          <>
            <h1 className="visually-hidden">Conversation with Gemma</h1>
            <Conversation messages={messages} status={status} settings={settings} onRetry={tryAgain} />
            {/* Another model's features have the same numbers, and mean something else. */}
            <Explore
              key={`${settings.model} ${settings.scope} ${settings.remote}`}
              messages={messages}
              maxTokens={settings.maxTokens}
            />
            {isWaiting && facet.status === "ready" ? <PendingAnswer isGuarded={settings.guard} /> : undefined}
            {facet.status === "ready" ? undefined : modelCard}
            {error !== undefined && facet.status !== "error" && facet.status !== "unsupported" ? (
              <Problem title="Gemma could not answer" error={error} message={toldOf(error)} onRetry={tryAgain} />
            ) : undefined}
          </>
        )}
      </main>
      <Announcer messages={messages} status={status} />
      <footer className="dock">
        <Composer
          ref={message}
          isBusy={isBusy}
          isGuarded={settings.guard}
          onGuard={(guard) => onChange({ guard })}
          onSend={send}
          onStop={() => {
            void stop()
            message.current?.focus()
          }}
        />
        <EngineStatus rate={rate} />
      </footer>
      <ModelPicker ref={picker} settings={settings} onChange={onChange} />
    </>
  )
}

/** A question that does not fit is asked no more with the next ones. */
const toldOf = (error: Error): string =>
  error.name === "ContextOverflowError"
    ? `${error.message} What you ask next goes without this question.`
    : error.message
