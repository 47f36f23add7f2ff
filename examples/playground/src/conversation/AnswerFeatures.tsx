import { type FacetTraceData, FeatureTrace } from "@facet/react-hooks"
import { type ReactNode, useEffect, useId, useRef, useState } from "react"
import { Icon } from "../brand/Icon.tsx"
import { featureSource } from "../model/featureSource.ts"
import type { Settings } from "../settings/Settings.ts"

interface AnswerFeaturesProps {
  readonly traces: ReadonlyArray<FacetTraceData>
  readonly settings: Settings
  /** What else is known of the answer. */
  readonly children: ReactNode
}

/** The line below an answer, and the features behind its tokens when somebody asks for them. */
export function AnswerFeatures({ children, settings, traces }: AnswerFeaturesProps) {
  const [isOpen, setIsOpen] = useState(false)
  const traceId = useId()
  const opened = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // They open below what was pressed, which may be where the composer lies.
    if (isOpen) opened.current?.scrollIntoView({ block: "nearest" })
  }, [isOpen])
  if (traces.length === 0) return <div className="answer-footer">{children}</div>
  return (
    <>
      <div className="answer-footer">
        <button
          type="button"
          className="chip-button"
          aria-expanded={isOpen}
          aria-controls={traceId}
          onClick={() => setIsOpen(!isOpen)}
        >
          <Icon name="inspect" />
          Show features
          <Icon name="chevron" />
        </button>
        {children}
      </div>
      <div ref={opened} id={traceId} className="answer-trace" hidden={!isOpen}>
        {isOpen
          ? traces.map((trace) => (
              <FeatureTrace
                key={`${trace.site}.${trace.layer}`}
                trace={trace}
                source={featureSource(settings.model, settings.scope)}
              />
            ))
          : undefined}
      </div>
    </>
  )
}
