import { useId } from "react"
import { defaultMaxDensity } from "./Density.ts"

interface DensityFilterProps {
  readonly tokens: number
  /** The share that is allowed; undefined for the one that suits the text's length. */
  readonly maxDensity: number | undefined
  readonly onChange: (maxDensity: number | undefined) => void
  readonly hidden: number
}

const shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
const automatic = "auto"

/** How common a feature may be in this text before it is hidden. */
export function DensityFilter({ hidden, maxDensity, onChange, tokens }: DensityFilterProps) {
  const id = useId()
  const options =
    maxDensity === undefined || shares.includes(maxDensity) ? shares : [...shares, maxDensity].sort((a, b) => a - b)
  return (
    <div data-part="density">
      <label htmlFor={id}>Hide common features</label>
      <select
        id={id}
        value={maxDensity ?? automatic}
        onChange={({ target }) => onChange(target.value === automatic ? undefined : Number(target.value))}
      >
        <option value={automatic}>Auto: {optionText(defaultMaxDensity(tokens))}</option>
        {options.map((share) => (
          <option key={share} value={share}>
            {optionText(share)}
          </option>
        ))}
      </select>
      {hidden === 0 ? undefined : <span data-part="hidden-count">{hidden} hidden</span>}
    </div>
  )
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`

const optionText = (share: number): string => (share >= 1 ? "none" : `on over ${percent(share)} of tokens`)
