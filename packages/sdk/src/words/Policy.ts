/**
 * Policies: what a content must not do. Plain data, whether written in code or read from a file.
 */
import { InvalidRequestError, invalidRequest } from "./Errors.ts"
import { checkKnown, checkUnicode, show } from "./Checks.ts"
import type { GuardRole } from "./GuardRole.ts"
import { policyOfAlias } from "./policyOfAlias.ts"
import type { PolicyCalibration } from "./policyProbability.ts"
import type { PolicyTraining } from "./PolicyTraining.ts"
import type { Probe } from "./Probe.ts"
import { DEFAULT_THRESHOLD, defaultPolicies, isPolicyId, policies } from "./ReleasedPolicies.ts"
import { judgesResponses, type ShieldSpelling } from "./ShieldSpelling.ts"

/**
 * What a guard does with what is flagged: hold it back; let it out and tell; cut out what is wrong and let out the rest. For
 * `redact` a judge has to know where it stands, as those of lists, patterns and personal data do (`@facet/sdk/judges`): neither
 * a guideline nor a probe does, so that a policy of theirs with it is refused.
 */
export const policyActions = ["block", "flag", "redact"] as const
export type PolicyAction = (typeof policyActions)[number]

export const policyContexts = ["turn", "exchange"] as const
export type PolicyContext = (typeof policyContexts)[number]

/** A text, and whether it violates the policy. */
export interface PolicyExample {
  readonly text: string
  readonly label: 0 | 1
}

/** One policy that a shield judges content against. */
export interface Policy {
  readonly id: string
  /** The name of the harm, for people. */
  readonly harm: string
  /** The guideline for content that a user wrote. The wording matters: the model judges by it. */
  readonly promptGuideline?: string | undefined
  /** The guideline for content that a chatbot answered. */
  readonly responseGuideline?: string | undefined
  /** Content is flagged when P(violation) is at least this; from 0 to 1. */
  readonly threshold: number
  /** What makes the guideline's probabilities true. Default: as the model says them. */
  readonly calibration?: PolicyCalibration | undefined
  /** How ShieldGemma's prompt is spelt. Default: as the guard's checkpoint has it. */
  readonly spelling?: ShieldSpelling | undefined
  /** Whose messages of a prompt a guard judges by it. Default: the guard's own `roles`, `system` and `user` where it has none. */
  readonly roles?: ReadonlyArray<GuardRole> | undefined
  /**
   * What a guard tells along. `turn` (the default): what the user said last, with an answer. `exchange`: the turns before, too,
   * who said them and in what order, the newest 6,000 characters of them; a verdict says in `exchange` what was left out.
   */
  readonly context?: PolicyContext | undefined
  /** Default `block`. */
  readonly action?: Exclude<PolicyAction, "redact"> | undefined
  /** Judges instead of the guideline, or beside it. */
  readonly probe?: Probe | undefined
  /** Texts that show what is meant; what it may be trained on. No model is shown them. */
  readonly examples?: ReadonlyArray<PolicyExample> | undefined
  /** How it was trained, and what it is worth. */
  readonly training?: PolicyTraining | undefined
}

/** A policy as it is written: what is left out has a default, for an id of ShieldGemma's own that policy's. */
export type PolicyOptions = { readonly id: string } & {
  readonly [Field in keyof Omit<Policy, "id">]?: Policy[Field] | undefined
}

/**
 * The policies for a list of ids, others' names of them, and own policies, in order; the default ones where there is no list.
 * Two names of one policy give it once.
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
      remedy: `Name at least one of ${valid}, or leave the option out for the four released ones.`,
    })
  }
  return distinct(list.map((entry, index) => ({ entry, option: `policies[${index}]` })))
}

/** @throws InvalidRequestError for what is no policy, and for an id that comes twice */
export function distinct(
  entries: ReadonlyArray<{ readonly entry: string | PolicyOptions; readonly option: string }>,
  check: (option: string, policy: Policy) => void = () => {},
): ReadonlyArray<Policy> {
  const resolved = new Map<string, { readonly policy: Policy; readonly isAlias: boolean }>()
  for (const { entry, option } of entries) {
    const policy = resolvePolicy(option, entry)
    check(option, policy)
    const isAlias = typeof entry === "string" && entry !== policy.id
    const known = resolved.get(policy.id)
    // Whoever names OpenAI's categories one by one names some policies several times.
    if (known !== undefined && !(isAlias && known.isAlias)) {
      throw new InvalidRequestError({ option, problem: `"${policy.id}" comes twice`, remedy: "Name each policy once." })
    }
    resolved.set(policy.id, { policy, isAlias })
  }
  return Array.from(resolved.values(), ({ policy }) => policy)
}

/**
 * The policy of an id or of another's name for it, or one's own as it is.
 *
 * @param option its path, for the error
 * @throws InvalidRequestError for an unknown id (listing the valid ones), or a policy that is none
 */
export function resolvePolicy(option: string, entry: string | PolicyOptions): Policy {
  if (typeof entry !== "string") return readPolicy(option, entry)
  if (isPolicyId(entry)) return policies[entry]
  const meant = policyOfAlias(entry)
  if (meant !== undefined && meant !== "none") return policies[meant]
  throw new InvalidRequestError({
    option,
    problem: meant === "none" ? `no guideline of ShieldGemma's covers "${entry}"` : `"${entry}" is no policy`,
    remedy: `Use one of ${Object.keys(policies).join(", ")}, or a policy of your own made with definePolicy().`,
  })
}

const fields = [
  "id",
  "harm",
  "promptGuideline",
  "responseGuideline",
  "threshold",
  "calibration",
  "spelling",
  "roles",
  "context",
  "action",
  "probe",
  "examples",
  "training",
] as const satisfies ReadonlyArray<keyof Policy>

/** A field that is missing there is an error of types. */
const _all: keyof Policy extends (typeof fields)[number] ? true : never = true
void _all

/**
 * Checks what any judge needs of a policy, and fills in what was left out. The rest is checked where policies are made, and
 * again where they are judged by: a page that only names policies has no need of it.
 */
export function readPolicy(option: string, given: unknown): Policy {
  if (typeof given !== "object" || given === null) {
    throw invalidRequest(option, `${String(given)} is no policy`, "Use an id, or a policy made with definePolicy().")
  }
  checkKnown(given, fields, option)
  const { id } = given as { readonly id?: unknown }
  checkPolicyText(`${option}.id`, id)
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  // Another's name is a policy of ShieldGemma's, unless what judges is given: then it is the name of one's own.
  const isOwn = ["promptGuideline", "responseGuideline", "probe"].some((field) => own[field] !== undefined)
  const name = isOwn || isPolicyId(id) || policyOfAlias(id) === undefined ? id : resolvePolicy(`${option}.id`, id).id
  const released = isPolicyId(name) ? policies[name] : {}
  const policy = { harm: name, threshold: DEFAULT_THRESHOLD, ...released, ...own, id: name }
  checkPolicy(option, policy)
  // Each of its fields was checked.
  return policy as unknown as Policy
}

function checkPolicy(option: string, policy: Readonly<Record<string, unknown>>): void {
  const at = (field: keyof Policy) => `${option}.${field}`
  const { action, probe, threshold } = policy
  if (action === "redact") {
    const problem = "neither a guideline nor a probe says where in a text the violation stands"
    throw invalidRequest(at("action"), problem, 'Use "block", "flag", or a judge of @facet/sdk/judges that redacts.')
  }
  for (const field of ["harm", "promptGuideline", "responseGuideline"] as const) {
    if (policy[field] !== undefined) checkPolicyText(at(field), policy[field])
  }
  if (policy["promptGuideline"] === undefined && policy["responseGuideline"] === undefined && probe === undefined) {
    throw invalidRequest(at("promptGuideline"), "it is missing", "Give the policy a guideline, or a probe.")
  }
  // Written so that NaN fails too.
  if (!(typeof threshold === "number" && threshold >= 0 && threshold <= 1)) {
    throw invalidRequest(at("threshold"), `${show(threshold)} is no probability`, "Use a number from 0 to 1.")
  }
}

export function checkPolicyText(option: string, text: unknown): asserts text is string {
  checkUnicode(option, text)
  if (text.trim() !== "") return
  throw invalidRequest(option, "it is empty", "Give the policy an id, and guidelines that say something.")
}

/**
 * The guideline by which a side is judged.
 *
 * @throws InvalidRequestError for a policy that has none for it
 */
export function guidelineOf(policy: Policy, side: "prompt" | "response"): string {
  const guideline = side === "prompt" ? policy.promptGuideline : policy.responseGuideline
  if (guideline !== undefined) return guideline
  const field = `${side}Guideline`
  throw invalidRequest(
    `policies.${policy.id}.${field}`,
    `the policy has no guideline for ${side}s`,
    `Give it one: definePolicy({ ...policy, ${field}: "…" }), or judge no ${side}s by it.`,
  )
}

/**
 * Whether a side is judged by it at all: by a probe, or by a guideline and a spelling that have a wording for it.
 *
 * @throws InvalidRequestError where it is not: a text that nothing judges would go out unjudged
 */
export function checkJudges(policy: Policy, side: "prompt" | "response"): void {
  const { id, probe, spelling } = policy
  if (probe !== undefined && probe.guideline === undefined) return
  guidelineOf(policy, side)
  if (side === "prompt" || spelling === undefined || judgesResponses(spelling)) return
  throw spelledForPrompts(id, spelling)
}

export const spelledForPrompts = (id: string, spelling: ShieldSpelling): InvalidRequestError =>
  invalidRequest(
    `policies.${id}.spelling`,
    `the spelling ${spelling} was published for prompts alone`,
    "Use A, B or D, or judge no responses by it.",
  )
