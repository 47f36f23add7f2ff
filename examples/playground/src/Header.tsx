import { useFacet } from "@facet/react-hooks"
import { Gem } from "./brand/Gem.tsx"
import { Icon, type IconName } from "./brand/Icon.tsx"
import { modelName } from "./settings/modelName.ts"
import type { Settings } from "./settings/Settings.ts"
import { ThemeButton } from "./theme/ThemeButton.tsx"

const facets: ReadonlyArray<IconName> = ["generate", "shield", "inspect"]

interface HeaderProps {
  readonly settings: Settings
  /** Whether there is a conversation to leave. */
  readonly canBegin: boolean
  readonly onBegin: () => void
  readonly onPickModel: () => void
}

export function Header({ canBegin, onBegin, onPickModel, settings }: HeaderProps) {
  const { status } = useFacet()
  return (
    <header className="header">
      <div className="brand">
        <Gem />
        <span className="wordmark">Facet</span>
        <ul className="facets" aria-label="Effects">
          {facets.map((name) => (
            <li key={name}>
              <Icon name={name} />
              {name}
            </li>
          ))}
        </ul>
      </div>
      <div className="header-actions">
        {canBegin ? (
          <button type="button" className="quiet-button" onClick={onBegin}>
            <Icon name="plus" />
            <span className="wide-only">New chat</span>
            <span className="visually-hidden narrow-only">New chat</span>
          </button>
        ) : undefined}
        <button type="button" className="quiet-button model-button" onClick={onPickModel} aria-haspopup="dialog">
          <span className="status-dot" data-state={status} />
          <span className="visually-hidden">Model: </span>
          <span className="model-button-name">{settings.remote === "" ? modelName(settings.model) : "Server"}</span>
          <Icon name="chevron" />
        </button>
        <ThemeButton />
      </div>
    </header>
  )
}
