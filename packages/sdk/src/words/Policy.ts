/**
 * Policies: what a content must not do, in the words that ShieldGemma was trained on.
 */
import { InvalidRequestError, invalidRequest } from "./Errors.ts"
import { checkKnown, checkUnicode } from "./Checks.ts"

/** One policy that a shield judges content against. */
export interface Policy {
  readonly id: string
  /** The name of the harm, for people. */
  readonly harm: string
  /** The guideline for content that a user wrote. The wording matters: the model judges by it. */
  readonly promptGuideline: string
  /** The guideline for content that a chatbot answered. */
  readonly responseGuideline: string
  /** Content is flagged when P(Yes) is at least this; from 0 to 1. */
  readonly threshold: number
}

/** Google names no threshold; with this one a verdict is the likelier of the two answers. */
const DEFAULT_THRESHOLD = 0.5

/**
 * The four released policies of ShieldGemma, word for word. Source: ShieldGemma model card
 * (ai.google.dev/gemma/docs/shieldgemma/model_card); the same in google/generative-ai-docs,
 * `shieldgemma_on_huggingface.ipynb`. The grammar is theirs.
 */
export const policies = {
  dangerous_content: {
    id: "dangerous_content",
    harm: "Dangerous Content",
    promptGuideline:
      '"No Dangerous Content": The prompt shall not contain or seek generation of content that harming oneself and/or others (e.g., accessing or building firearms and explosive devices, promotion of terrorism, instructions for suicide).',
    responseGuideline:
      '"No Dangerous Content": The chatbot shall not generate content that harming oneself and/or others (e.g., accessing or building firearms and explosive devices, promotion of terrorism, instructions for suicide).',
    threshold: DEFAULT_THRESHOLD,
  },
  harassment: {
    id: "harassment",
    harm: "Harassment",
    promptGuideline:
      '"No Harassment": The prompt shall not contain or seek generation of content that is malicious, intimidating, bullying, or abusive content targeting another individual (e.g., physical threats, denial of tragic events, disparaging victims of violence).',
    responseGuideline:
      '"No Harassment": The chatbot shall not generate content that is malicious, intimidating, bullying, or abusive content targeting another individual (e.g., physical threats, denial of tragic events, disparaging victims of violence).',
    threshold: DEFAULT_THRESHOLD,
  },
  hate_speech: {
    id: "hate_speech",
    harm: "Hate Speech",
    promptGuideline:
      '"No Hate Speech": The prompt shall not contain or seek generation of content that targeting identity and/or protected attributes (e.g., racial slurs, promotion of discrimination, calls to violence against protected groups) or dehumanizing/belittling/vilifying on the bases of race, ethnicity, religion, disability, age, nationality, veteran status, sexual orientation, gender, gender identity, caste, or any other protected status. We do allow content that includes a reference to a protected individual or group in a positive manner.',
    responseGuideline:
      '"No Hate Speech": The chatbot shall not generate content that targeting identity and/or protected attributes (e.g., racial slurs, promotion of discrimination, calls to violence against protected groups) or dehumanizing/belittling/vilifying on the bases of race, ethnicity, religion, disability, age, nationality, veteran status, sexual orientation, gender, gender identity, caste, or any other protected status. We do allow content that includes a reference to a protected individual or group in a positive manner.',
    threshold: DEFAULT_THRESHOLD,
  },
  sexually_explicit: {
    id: "sexually_explicit",
    harm: "Sexually Explicit Information",
    promptGuideline:
      '"No Sexually Explicit Information": The prompt shall not contain or seek generation of content that contains references to sexual acts or other lewd content (e.g., sexually graphic descriptions, content aimed at causing arousal). Medical or scientific terms related to human anatomy or sex education are permitted.',
    responseGuideline:
      '"No Sexually Explicit Information": The chatbot shall not generate content that contains references to sexual acts or other lewd content (e.g., sexually graphic descriptions, content aimed at causing arousal). Medical or scientific terms related to human anatomy or sex education are permitted.',
    threshold: DEFAULT_THRESHOLD,
  },
} as const satisfies Record<string, Policy>

/** The ids of the four policies. */
export type PolicyId = keyof typeof policies

/** What is judged where nobody says otherwise: all four. */
export const defaultPolicies: ReadonlyArray<Policy> = Object.values(policies)

const isPolicyId = (id: string): id is PolicyId => Object.hasOwn(policies, id)

/**
 * The policies for a list of ids and own policies, in order; the default ones where there is no list.
 *
 * @throws InvalidRequestError for an unknown id (listing the valid ones), an empty list, or an id that comes twice
 */
export function resolvePolicies(list?: ReadonlyArray<string | Policy>): ReadonlyArray<Policy> {
  if (list === undefined) return defaultPolicies
  const valid = Object.keys(policies).join(", ")
  const given: unknown = list
  if (!Array.isArray(given)) {
    throw invalidRequest(
      "policies",
      `${given === null ? "null" : typeof given} where a list is expected`,
      `Pass a list of ${valid}, or of policies.`,
    )
  }
  if (list.length === 0) {
    throw new InvalidRequestError({
      option: "policies",
      problem: "the list is empty",
      remedy: `Name at least one of ${valid}, or leave the option out for all of them.`,
    })
  }
  const resolved: Array<Policy> = []
  for (const [index, entry] of list.entries()) {
    const option = `policies[${index}]`
    const policy = resolvePolicy(option, entry)
    if (resolved.some(({ id }) => id === policy.id)) {
      throw new InvalidRequestError({ option, problem: `"${policy.id}" comes twice`, remedy: "Name each policy once." })
    }
    resolved.push(policy)
  }
  return resolved
}

/**
 * The policy of an id, or one's own as it is.
 *
 * @param option its path, for the error
 * @throws InvalidRequestError for an unknown id (listing the valid ones), or a policy that is none
 */
export function resolvePolicy(option: string, entry: string | Policy): Policy {
  if (typeof entry !== "string") return checkPolicy(option, entry)
  if (isPolicyId(entry)) return policies[entry]
  throw new InvalidRequestError({
    option,
    problem: `"${entry}" is no policy`,
    remedy: `Use one of ${Object.keys(policies).join(", ")}, or a policy of your own made with definePolicy().`,
  })
}

/**
 * Makes a policy of one's own. ShieldGemma's larger models follow new guidelines by wording alone; the 2B model needs
 * to be tuned for them. Guidelines read best like the official ones: `"No Spam": The prompt shall not contain ...` and
 * `"No Spam": The chatbot shall not generate content that ...`.
 *
 * @throws InvalidRequestError when the id or a guideline is empty, or the threshold is not from 0 to 1
 */
export function definePolicy(options: {
  readonly id: string
  /** Default: the id. */
  readonly harm?: string | undefined
  readonly promptGuideline: string
  readonly responseGuideline: string
  /** Default: 0.5. */
  readonly threshold?: number | undefined
}): Policy {
  if (typeof options !== "object" || options === null) return checkPolicy("policy", options)
  checkKnown(options, fields, "policy")
  const { id, harm = id, promptGuideline, responseGuideline, threshold = DEFAULT_THRESHOLD } = options
  return checkPolicy("policy", { id, harm, promptGuideline, responseGuideline, threshold })
}

const texts = ["id", "harm", "promptGuideline", "responseGuideline"] as const satisfies ReadonlyArray<keyof Policy>
const fields: ReadonlyArray<string> = [...texts, "threshold"]

function checkPolicy(option: string, policy: Policy): Policy {
  if (typeof policy !== "object" || policy === null) {
    throw invalidRequest(option, `${String(policy)} is no policy`, "Use an id, or a policy made with definePolicy().")
  }
  checkKnown(policy, fields, option)
  for (const field of texts) {
    const text = policy[field]
    checkUnicode(`${option}.${field}`, text)
    if (text.trim() === "") {
      throw new InvalidRequestError({
        option: `${option}.${field}`,
        problem: "it is empty",
        remedy: "Give the policy an id and both guidelines.",
      })
    }
  }
  // Written so that NaN fails too.
  if (!(typeof policy.threshold === "number" && policy.threshold >= 0 && policy.threshold <= 1)) {
    throw new InvalidRequestError({
      option: `${option}.threshold`,
      problem: `${policy.threshold} is no probability`,
      remedy: "Use a number from 0 to 1.",
    })
  }
  return policy
}
