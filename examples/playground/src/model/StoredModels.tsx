import type { StoredModel } from "@facet/sdk/storage"
import { useCallback, useEffect, useState } from "react"
import { Icon } from "../brand/Icon.tsx"
import { modelName } from "../settings/modelName.ts"
import { byteText } from "./byteText.ts"

/** It is loaded when the picker is opened, as the engine is when it is needed. */
const storage = () => import("@facet/sdk/storage")

interface StoredModelsProps {
  /** Changes whenever the list is looked at anew. */
  readonly visit: number
  readonly onUse: (url: string) => void
}

/** What lies in this browser's storage, to be used again or removed. */
export function StoredModels({ onUse, visit }: StoredModelsProps) {
  const [models, setModels] = useState<ReadonlyArray<StoredModel>>([])
  const [problem, setProblem] = useState<string>()
  const look = useCallback(async (act?: () => Promise<unknown>) => {
    try {
      await act?.()
      setModels(await (await storage()).listStoredModels())
      setProblem(undefined)
    } catch (cause) {
      setProblem(cause instanceof Error ? cause.message : String(cause))
    }
  }, [])
  useEffect(() => {
    if (visit > 0) void look()
  }, [look, visit])

  return (
    <section className="stored">
      <h3>Stored on this device</h3>
      {problem === undefined ? undefined : (
        <p role="alert" className="field-problem">
          {problem}
        </p>
      )}
      {models.length === 0 ? (
        <p className="hint">No model yet. Those that you load by their address are kept here, until you remove them.</p>
      ) : (
        <ul>
          {models.map(({ bytes, isComplete, url }) => (
            <li key={url}>
              <button type="button" className="text-button" onClick={() => onUse(url)}>
                {modelName(url)}
              </button>
              <span className="hint">
                {byteText(bytes)}
                {isComplete ? "" : ", in part"}
              </span>
              <button
                type="button"
                className="icon-button"
                aria-label={`Remove ${modelName(url)}`}
                onClick={() => void look(async () => (await storage()).removeStoredModel(url))}
              >
                <Icon name="trash" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
