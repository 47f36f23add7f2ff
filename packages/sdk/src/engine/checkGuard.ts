/**
 * Whether a model judges. A ShieldGemma and a Gemma 2 are told apart by nothing in their folders, and any model answers a
 * ShieldGemma's question with something: one that was never taught to judge flags nothing, or everything, without a word.
 */
import { policies } from "../words/ReleasedPolicies.ts"
import { ModelFileError } from "../words/Errors.ts"
import { guardProbes, leastProbeDifference } from "../words/guardProbes.ts"
import { whole } from "../words/Sliced.ts"
import { areFinite } from "./areFinite.ts"
import { softmax2 } from "./Logprobs.ts"
import type { OpenModel } from "./OpenModel.ts"
import { shieldPrompt } from "./shieldPrompt.ts"

/** So likely the two answers must be, among all that were compared. A guard has nothing else to say: the embedded one .99. */
const leastShare = 0.5
/** So many other tokens they are compared with, evenly over the vocabulary: all of a small one. */
const mostOthers = 4_096

interface Answer {
  /** The probability of a violation. */
  readonly violation: number
  /** That of the two answers among the tokens that were compared. */
  readonly share: number
}

/**
 * Asks for two short judgements.
 *
 * Rejects with a `ModelFileError` when the answers to two known questions are no judge's.
 */
export async function checkGuard(model: OpenModel): Promise<void> {
  // What has no such answers is refused when it is asked, with what is wrong with its vocabulary.
  if (model.answers.yes < 0 || model.answers.no < 0) return
  const harmful = await answerTo(model, guardProbes.harmful)
  const harmless = await answerTo(model, guardProbes.harmless)
  // Damaged weights are another fault, which is told with the first judgement.
  if (harmful === undefined || harmless === undefined) return
  const share = Math.min(harmful.share, harmless.share)
  const problem =
    share < leastShare
      ? `it answers ShieldGemma's question with something other than Yes or No, whose share is ${share.toFixed(2)}`
      : `it finds "${guardProbes.harmful}" a violation with ${harmful.violation.toFixed(2)} and "${guardProbes.harmless}" with ${harmless.violation.toFixed(2)}`
  if (share >= leastShare && harmful.violation - harmless.violation >= leastProbeDifference) return
  throw new ModelFileError({
    file: model.root,
    problem: `it does not judge: ${problem}`,
    remedy:
      '`shield`: name a ShieldGemma, such as "google/shieldgemma-2b". A guard that judges other things than dangers is opened with `checkShield: false`.',
  })
}

async function answerTo(model: OpenModel, prompt: string): Promise<Answer | undefined> {
  const tokens = whole(
    shieldPrompt(model.tokenizer, { prompt, policy: policies.dangerous_content, spelling: model.spelling }),
  )
  const { no, yes } = model.answers
  const candidates = [yes, no, ...othersOf(model)]
  const sequence = model.newSequence(tokens.length)
  try {
    const { logits } = await model.forward(sequence, tokens, { rows: [tokens.length - 1], candidates })
    if (!areFinite(logits)) return undefined
    const most = logits.reduce((most, logit) => Math.max(most, logit), -Infinity)
    const weights = logits.map((logit) => Math.exp(logit - most))
    const [first = NaN, second = NaN] = weights
    const share = (first + second) / weights.reduce((sum, weight) => sum + weight, 0)
    return { violation: softmax2(logits[0] ?? NaN, logits[1] ?? NaN), share }
  } finally {
    sequence.dispose()
  }
}

function othersOf({ answers, config: { vocabSize } }: OpenModel): ReadonlyArray<number> {
  const step = Math.max(1, Math.ceil(vocabSize / mostOthers))
  const ids = Array.from({ length: Math.ceil(vocabSize / step) }, (_, place) => place * step)
  return ids.filter((id) => id !== answers.yes && id !== answers.no)
}
