import type { Policy } from "@facet/sdk/words"
import { table } from "../table.ts"

/** What training found, for a terminal. */
export function trainingTable({ id, threshold, training }: Policy, file: string): ReadonlyArray<string> {
  if (training === undefined) return []
  const { candidates, examples, learningCurve, method, operatingPoint, positives, untold } = training
  const figure = (value: number): string => value.toFixed(3)
  return [
    `${id}: ${examples} examples, ${positives} of them labelled 1; kept: ${method}`,
    ...(untold === undefined ? [] : [untold]),
    ...(candidates.length === 0
      ? []
      : table([
          ["way", "layer", "AU-PRC", "AUROC", "best F1"],
          ...candidates.map(({ auPrc, auRoc, f1, layer, method: way }) => [
            way,
            layer === undefined ? "-" : String(layer),
            ...[auPrc, auRoc, f1].map(figure),
          ]),
        ])),
    ...(learningCurve.length === 0
      ? []
      : [learningCurve.map((point) => `${point.examples} examples: AU-PRC ${figure(point.auPrc)}`).join(", ")]),
    operatingPoint === null
      ? `threshold ${figure(threshold)}`
      : `threshold ${figure(threshold)}: precision ${figure(operatingPoint.precision)}, recall ${figure(operatingPoint.recall)}, false-positive rate ${figure(operatingPoint.falsePositiveRate)}`,
    `written to ${file}`,
  ]
}
