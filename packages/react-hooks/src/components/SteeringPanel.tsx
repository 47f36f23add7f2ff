import {
  type ComponentPropsWithoutRef,
  type FormEvent,
  forwardRef,
  useDeferredValue,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react"
import { isSameFeature, type PlacedFeature, type SteeredFeature, type UseSteeringResult } from "../hooks/useSteering.ts"
import type { GenerationSnapshot } from "../store/GenerationStore.ts"
import { isFound } from "./features/Firings.ts"
import { type LabelSearch, SearchError } from "./features/LabelSearch.tsx"
import { pressOnce } from "./pressOnce.ts"
import { featureName } from "./trace/FeatureSummary.ts"
import { SearchField } from "./trace/SearchField.tsx"

export interface SteeringPanelProps extends Omit<ComponentPropsWithoutRef<"section">, "children"> {
  /** What `useSteering` gives. */
  readonly steering: UseSteeringResult
  /** Features to choose from, such as those that fired in a chat. */
  readonly features: ReadonlyArray<PlacedFeature>
  /** What `useFeatureSearch` gives: features are then found among all that have a label. */
  readonly search?: LabelSearch | undefined
  /** What is asked at first; people may write another. Default "Tell me a story." */
  readonly prompt?: string | undefined
  /** The sliders go from its negative to it. Default 60. */
  readonly maxStrength?: number | undefined
}

/** Features that a search lists. */
const mostFound = 8

/** A feature that is chosen begins with half of the most: enough to show, and not yet nonsense. */
const startingShare = 0.5

/**
 * Turns features up and down, and shows what the model says with them beside what it says without: a search, a slider for
 * each chosen feature, a prompt and two answers.
 *
 * @example
 * const steering = useSteering({ maxTokens: 60 })
 * return <SteeringPanel steering={steering} features={[{ site: "resid_post", layer: 4, index: 519, label: "night" }]} />
 */
export const SteeringPanel = forwardRef<HTMLElement, SteeringPanelProps>(function SteeringPanel(
  { features, maxStrength = 60, prompt: asked = "Tell me a story.", search, steering, ...props },
  ref,
) {
  const [prompt, setPrompt] = useState(asked)
  const [latest, setLatest] = useState<PlacedFeature>()
  const sliders = useRef<HTMLUListElement>(null)
  const promptId = useId()
  const { compare, plain, release, steer, steered, stop } = steering
  const isBusy = plain.status === "generating" || steered.status === "generating"
  const begin = (event: FormEvent) => {
    event.preventDefault()
    if (!isBusy && prompt.trim() !== "") void compare(prompt)
  }
  const pressStop = pressOnce(stop)
  return (
    <section
      aria-label="Steering"
      data-facet="steering-panel"
      data-state={isBusy ? "busy" : "idle"}
      {...props}
      ref={ref}
    >
      <FeatureSearch
        features={features}
        search={search}
        chosen={steering.features}
        onChoose={(feature) => {
          setLatest(feature)
          steer(feature, maxStrength * startingShare)
        }}
      />
      <ul ref={sliders} tabIndex={-1} data-part="sliders" aria-label="Steered features">
        {steering.features.map((feature) => (
          <li key={`${feature.site}.${feature.layer}.${feature.index}`}>
            <StrengthSlider
              feature={feature}
              most={maxStrength}
              isLatest={latest !== undefined && isSameFeature(feature, latest)}
              onChange={(strength) => steer(feature, strength)}
              onRelease={() => {
                // The button that has the focus goes with the feature.
                sliders.current?.focus()
                setLatest(undefined)
                release(feature)
              }}
            />
          </li>
        ))}
      </ul>
      <form data-part="prompt" onSubmit={begin}>
        <label htmlFor={promptId}>Prompt</label>
        <input id={promptId} dir="auto" value={prompt} onChange={({ target }) => setPrompt(target.value)} />
        {/* One button, which keeps the focus. */}
        {isBusy ? (
          <button
            type="button"
            data-part="stop"
            onKeyDown={pressStop.onKeyDown}
            onClick={(event) => {
              // By the end of the click it is a button that submits.
              event.preventDefault()
              pressStop.onClick(event)
            }}
          >
            Stop
          </button>
        ) : (
          <button type="submit" data-part="compare" disabled={prompt.trim() === ""}>
            Compare
          </button>
        )}
      </form>
      <div data-part="answers">
        <ComparedAnswer title="Default" answer={plain} />
        <ComparedAnswer title="Steered" answer={steered} />
      </div>
    </section>
  )
})

interface FeatureSearchProps {
  readonly features: ReadonlyArray<PlacedFeature>
  readonly search: SteeringPanelProps["search"]
  readonly chosen: ReadonlyArray<PlacedFeature>
  readonly onChoose: (feature: PlacedFeature) => void
}

function FeatureSearch({ chosen, features, onChoose, search }: FeatureSearchProps) {
  const searchId = useId()
  const [query, setQuery] = useState("")
  const wanted = useDeferredValue(query)
  // What was found for a panel before this one is no answer to an empty field.
  const others = query.trim() === "" ? undefined : search?.features
  const found = useMemo(() => {
    const own = features.filter((feature) => isFound(feature, wanted))
    const more = (others ?? []).filter((feature) => !own.some((other) => isSameFeature(other, feature)))
    return [...own, ...more].filter((feature) => !chosen.some((other) => isSameFeature(other, feature)))
  }, [chosen, features, others, wanted])
  const look = (text: string) => {
    setQuery(text)
    search?.setQuery(text)
  }
  return (
    <div data-part="feature-search">
      <SearchField id={searchId} query={query} onChange={look} />
      <ul data-part="found" aria-label="Features to steer by">
        {found.slice(0, mostFound).map((feature) => (
          <li key={`${feature.site}.${feature.layer}.${feature.index}`}>
            <button type="button" data-part="feature" onClick={() => onChoose(feature)}>
              <span aria-hidden="true">+ </span>
              {featureName(feature)}
            </button>
          </li>
        ))}
      </ul>
      {found.length > mostFound ? <p data-part="summary">and {found.length - mostFound} more</p> : undefined}
      <SearchError search={search} />
      {(features.length > 0 || query !== "") && found.length === 0 ? (
        <p data-part="summary" role="status">
          No other feature found
        </p>
      ) : undefined}
    </div>
  )
}

interface StrengthSliderProps {
  readonly feature: SteeredFeature
  readonly most: number
  /** Whether it was just chosen: what it was chosen by is gone, and the focus with it. */
  readonly isLatest: boolean
  readonly onChange: (strength: number) => void
  readonly onRelease: () => void
}

function StrengthSlider({ feature, isLatest, most, onChange, onRelease }: StrengthSliderProps) {
  const sliderId = useId()
  const slider = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (isLatest) slider.current?.focus()
  }, [isLatest])
  const { layer, site, strength } = feature
  const name = featureName(feature)
  return (
    <>
      <label htmlFor={sliderId}>
        <span data-part="feature-name">{name}</span>{" "}
        <span data-part="place">
          {site}, layer {layer}
        </span>
      </label>
      <input
        ref={slider}
        id={sliderId}
        type="range"
        min={-most}
        max={most}
        step={most / 60}
        value={strength}
        aria-valuetext={strength === 0 ? "off" : strengthText(strength)}
        onChange={({ target }) => onChange(Number(target.value))}
      />
      <output htmlFor={sliderId} data-part="strength">
        {strengthText(strength)}
      </output>
      <button type="button" data-part="release" aria-label={`Do not steer by ${name}`} onClick={onRelease}>
        ×
      </button>
    </>
  )
}

const strengthText = (strength: number): string => `${strength > 0 ? "+" : ""}${Number(strength.toFixed(1))}`

function ComparedAnswer({ answer, title }: { readonly answer: GenerationSnapshot; readonly title: string }) {
  const titleId = useId()
  const { error, status, text } = answer
  return (
    <article aria-labelledby={titleId} aria-busy={status === "generating"} data-part="answer" data-state={status}>
      <strong id={titleId} data-part="answer-title">
        {title}
      </strong>
      <p data-part="answer-text" dir="auto">
        {text}
      </p>
      {status === "blocked" ? <p data-part="note">The guard held it back.</p> : undefined}
      {error === undefined ? undefined : (
        <p data-part="error" role="alert">
          {error.message}
        </p>
      )}
    </article>
  )
}
