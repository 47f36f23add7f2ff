import { useShield, VerdictBadge } from "@facet/react-hooks"

interface DraftVerdictProps {
  readonly draft: string
  readonly isJudging: boolean
}

/** What the guard would say of the message as it stands. It only tells: the guard itself decides when it is sent. */
export function DraftVerdict({ draft, isJudging }: DraftVerdictProps) {
  const { status, verdict } = useShield(draft, { debounce: 450, enabled: isJudging })
  return (
    <span className="draft-verdict">
      <VerdictBadge verdict={verdict} status={status} />
    </span>
  )
}
