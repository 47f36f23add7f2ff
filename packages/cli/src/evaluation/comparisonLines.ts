import type { Comparison, Difference } from "./compare.ts"

/** @param guard the first one's name */
export function comparisonLines(
  guard: string,
  comparison: Comparison & { readonly with: string },
): ReadonlyArray<string> {
  const { figures, mcNemar, with: other } = comparison
  const { onlyFirstRight, onlySecondRight, pValue } = mcNemar
  const told = ({ difference, interval: [low, high], pValue: p }: Difference): string =>
    `${signed(difference)} (${signed(low)} to ${signed(high)}, p ${p.toFixed(3)})`
  return [
    ...(figures === null
      ? []
      : [
          `${other} minus ${guard}, paired bootstrap: F1 ${told(figures.f1)}, AU-PRC ${told(figures.auPrc)}, AUROC ${told(figures.auRoc)}`,
        ]),
    `at their thresholds ${guard} alone is right on ${onlyFirstRight} rows, ${other} alone on ${onlySecondRight}: McNemar's exact test, p ${pValue.toFixed(3)}`,
  ]
}

const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(3)}`
