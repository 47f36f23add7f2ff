import { type ComponentPropsWithoutRef, useMemo } from "react"

/** Wider than this, bars would be thinner than a pixel: neighbours share one, as high as the highest of them. */
const mostBars = 240

export interface ActivationChartProps extends Omit<ComponentPropsWithoutRef<"svg">, "values"> {
  /** The activation at each token, in the text's order. */
  readonly values: ReadonlyArray<number>
}

/** The activation of one feature along a text, as bars. */
export function ActivationChart({ values, ...props }: ActivationChartProps) {
  const bars = useMemo(() => barsOf(values), [values])
  return (
    <svg
      role="img"
      aria-label={describe(values)}
      viewBox={`0 0 ${Math.max(bars.length, 1)} 100`}
      preserveAspectRatio="none"
      data-part="chart"
      {...props}
    >
      <path d={pathOf(bars)} fill="currentColor" />
    </svg>
  )
}

/** Heights from 0 to 1. */
function barsOf(values: ReadonlyArray<number>): ReadonlyArray<number> {
  const maximum = maximumOf(values)
  if (maximum === 0) return values.slice(0, mostBars).map(() => 0)
  const bars = Math.min(values.length, mostBars)
  const heights = Array.from({ length: bars }, () => 0)
  for (const [position, value] of values.entries()) {
    const bar = Math.floor((position * bars) / values.length)
    heights[bar] = Math.max(heights[bar] ?? 0, value / maximum)
  }
  return heights
}

const maximumOf = (values: ReadonlyArray<number>): number => values.reduce((most, value) => Math.max(most, value), 0)

/** Whatever is above 0 can be seen. */
const sliver = 4
const gap = 0.12

const pathOf = (bars: ReadonlyArray<number>): string =>
  bars
    .map((height, position) => {
      if (height === 0) return ""
      const top = 100 - Math.max(height * 100, sliver)
      return `M${position + gap} 100V${top.toFixed(1)}H${(position + 1 - gap).toFixed(2)}V100Z`
    })
    .join("")

function describe(values: ReadonlyArray<number>): string {
  const maximum = maximumOf(values)
  const count = values.filter((value) => value > 0).length
  if (count === 0) return `Active on none of ${values.length} tokens`
  const where = values.indexOf(maximum) + 1
  return `Active on ${count} of ${values.length} tokens, strongest at token ${where} with ${maximum.toFixed(2)}`
}
