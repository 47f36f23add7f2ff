import { checkTraining } from "./checkTraining.ts"
import type { Policy } from "./Policy.ts"
import type { PolicyTraining } from "./PolicyTraining.ts"

/**
 * A policy's model card, in Markdown: what it is for, how it judges, what it was trained on, what it is worth, and what it is
 * not.
 *
 * @throws InvalidRequestError for figures of a training that are none
 * @example
 * const card = policyCard(definePolicy({ id: "spam", promptGuideline: "The prompt shall not advertise." }))
 * console.log(card.split("\n")[0]) // => # spam
 */
export const policyCard = (policy: Policy): string =>
  `${[
    `# ${inLine(policy.harm)}`,
    `Policy \`${inLine(policy.id)}\`, judged by ${judgeOf(policy)}.`,
    "## What it flags",
    ...guidelines(policy),
    `A text is flagged when P(violation) is at least **${round(policy.threshold)}**; a guard then ${policy.action === "flag" ? "lets it out and tells" : "holds it back"}.`,
    ...training(policy.training),
    ...examples(policy),
    "## Limits",
    ...limits(policy).map((limit) => `- ${limit}`),
  ].join("\n\n")}\n`

function judgeOf({ calibration, probe, spelling }: Policy): string {
  const guideline = `its guideline${spelling === undefined ? "" : ` (spelling ${spelling})`}${calibration === undefined ? "" : ", calibrated"}`
  if (probe === undefined) return guideline
  const whose = probe.of === "text" ? "the model that writes" : "the guard"
  const read = `a probe of layer ${probe.layer} of ${whose} (\`${probe.model}\`)`
  return probe.guideline === undefined ? read : `${read}, and by its guideline`
}

const guidelines = ({ promptGuideline, responseGuideline }: Policy): ReadonlyArray<string> => [
  ...(promptGuideline === undefined ? [] : [`Prompts: ${quoted(promptGuideline)}`]),
  ...(responseGuideline === undefined || responseGuideline === promptGuideline
    ? []
    : [`Responses: ${quoted(responseGuideline)}`]),
]

function training(told: PolicyTraining | undefined): ReadonlyArray<string> {
  if (told === undefined) return []
  checkTraining("policy.training", told)
  const { candidates, examples, figures, folds, labels, learningCurve, method, model, operatingPoint, positives } = told
  const who = labels === "distilled" ? "labelled by the guard itself" : "labelled by whoever trained it"
  return [
    "## Data",
    `${examples} texts, ${who}; ${positives} of them violate it. Model: \`${inLine(model)}\`. Kept: ${method}.`,
    "## Figures",
    ...(figures === null
      ? [`None: ${told.untold ?? "there are too few labels"}.`]
      : [
          `On texts that ${folds} folds held out in turn:`,
          table(
            ["way", "AU-PRC", "AUROC", "best F1"],
            candidates.map(({ auPrc, auRoc, f1, layer, method: way }) => [
              `${way}${layer === undefined ? "" : `, layer ${layer}`}`,
              ...[auPrc, auRoc, f1].map(round),
            ]),
          ),
          `Expected calibration error of the one that is kept: ${round(figures.ece)}. It is the best of ${candidates.length} on the same folds, which is a little flattering.`,
        ]),
    ...(learningCurve.length === 0
      ? []
      : [
          "With fewer examples:",
          table(
            ["examples", "AU-PRC", "AUROC"],
            learningCurve.map((point) => [String(point.examples), round(point.auPrc), round(point.auRoc)]),
          ),
        ]),
    ...(operatingPoint === null
      ? []
      : [
          "## Operating point",
          `At ${round(operatingPoint.threshold)}, ${wantedOf(operatingPoint)}: precision ${round(operatingPoint.precision)}, recall ${round(operatingPoint.recall)}, false-positive rate ${round(operatingPoint.falsePositiveRate)}.`,
        ]),
  ]
}

function wantedOf({ maxFalsePositiveRate, minRecall }: NonNullable<PolicyTraining["operatingPoint"]>): string {
  const wanted = [
    ...(maxFalsePositiveRate === undefined ? [] : [`a false-positive rate of at most ${maxFalsePositiveRate}`]),
    ...(minRecall === undefined ? [] : [`a recall of at least ${minRecall}`]),
  ]
  return wanted.length === 0 ? "where F1 is highest" : `chosen for ${wanted.join(" and ")}`
}

function examples({ examples: given = [] }: Policy): ReadonlyArray<string> {
  if (given.length === 0) return []
  return [
    "## Examples",
    given.map(({ label, text }) => `- ${label === 1 ? "violates" : "does not"}: ${quoted(text)}`).join("\n"),
  ]
}

const limits = ({ probe, training: told }: Policy): ReadonlyArray<string> => [
  "It says what is like its examples, or what the guard makes of its guideline; it understands no intent, and knows no facts.",
  "Texts of another kind than those that it was measured on, another language, spelling or length, are judged worse than the figures say.",
  "Whoever writes against it gets past it sooner or later: it is one layer of several.",
  ...(probe === undefined
    ? []
    : ["Its probe reads the activations of one model alone, in one quantisation; in any other it is refused."]),
  ...(told?.labels === "distilled" ? ["It repeats the guard's mistakes, and adds its own."] : []),
]

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const round = (value: number): string => String(Number(value.toFixed(4)))

const inLine = (text: string): string => text.replace(/\s+/g, " ").replace(/[`|<>]/g, "")

/** Whatever a text holds, it is shown and not read as Markdown. */
const quoted = (text: string): string => `\`${inLine(text)}\``
