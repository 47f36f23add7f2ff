import {
  type FacetUIMessage,
  FeatureBrowser,
  firingFeatures,
  SteeringPanel,
  textOf,
  tracesOf,
  useFeatureSearch,
  useSteering,
  type UseSteeringResult,
} from "@facet/react-hooks"
import { useMemo, useState } from "react"

interface ExploreProps {
  readonly messages: ReadonlyArray<FacetUIMessage>
  readonly maxTokens: number
}

/** What fires most in this chat, and the same features turned up and down: below the conversation, for who opens it. */
export function Explore({ maxTokens, messages }: ExploreProps) {
  const [isOpen, setIsOpen] = useState(false)
  const steering = useSteering({ maxTokens: Math.min(maxTokens, 60) })
  if (!messages.some((message) => tracesOf(message).length > 0)) return null
  return (
    <details className="explore" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>Explore the features of this chat</summary>
      {isOpen ? <Panels messages={messages} steering={steering} /> : undefined}
    </details>
  )
}

interface PanelsProps {
  readonly messages: ReadonlyArray<FacetUIMessage>
  readonly steering: UseSteeringResult
}

function Panels({ messages, steering }: PanelsProps) {
  const texts = useMemo(() => tracedAnswers(messages), [messages])
  const features = useMemo(() => firingFeatures(texts), [texts])
  const [browsed, steered] = [useFeatureSearch(), useFeatureSearch()]
  const question = messages.findLast(({ role }) => role === "user")
  return (
    <>
      <h2>What fires most</h2>
      <FeatureBrowser texts={texts} most={12} search={browsed} />
      <h2>Steer by a feature</h2>
      <SteeringPanel
        key={question?.id}
        steering={steering}
        features={features}
        search={steered}
        prompt={question === undefined ? undefined : textOf(question)}
      />
    </>
  )
}

const tracedAnswers = (messages: ReadonlyArray<FacetUIMessage>) =>
  messages
    .filter(({ role }) => role === "assistant")
    .map((message, i) => ({ id: message.id, title: `Answer ${i + 1}`, traces: tracesOf(message) }))
    .filter(({ traces }) => traces.length > 0)
