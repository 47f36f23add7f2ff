import { Icon } from "../brand/Icon.tsx"

interface ProblemProps {
  readonly title: string
  readonly message?: string
  readonly error?: Error
  readonly onRetry?: () => void
}

/** What went wrong, and what can be done about it: Facet's errors say both. */
export function Problem({ error, message = error?.message ?? "", onRetry, title }: ProblemProps) {
  return (
    <div className="problem" role="alert">
      <div>
        <p className="problem-title">{title}</p>
        <p>{message}</p>
      </div>
      {onRetry === undefined ? undefined : (
        <button type="button" className="chip-button" onClick={onRetry}>
          <Icon name="retry" />
          Try again
        </button>
      )}
    </div>
  )
}
