import { checkKnown, checkNumber, checkOneOf, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import { guardRoles } from "./GuardRole.ts"
import { isRecord } from "./Json.ts"
import { checkPolicyText, type Policy, policyActions, policyContexts, type PolicyExample } from "./Policy.ts"
import { checkProbe } from "./Probe.ts"
import { shieldSpellings } from "./ShieldSpelling.ts"

/** @throws InvalidRequestError with the path of what is wrong among a policy's optional fields */
export function checkPolicyDetails(option: string, policy: Policy): void {
  const at = (field: keyof Policy) => `${option}.${field}`
  const { action, calibration, context, examples, probe, roles, spelling, training } = policy
  if (calibration !== undefined) checkCalibration(at("calibration"), calibration)
  checkOneOf(at("spelling"), spelling, shieldSpellings)
  if (roles !== undefined) checkRoles(at("roles"), roles)
  checkOneOf(at("context"), context, policyContexts)
  checkOneOf(at("action"), action, policyActions)
  if (probe !== undefined) checkProbe(at("probe"), probe)
  if (examples !== undefined) checkExamples(at("examples"), examples)
  if (training !== undefined && !isRecord(training)) {
    throw invalidRequest(at("training"), `${show(training)} where an object is expected`, "Leave it out.")
  }
}

function checkCalibration(option: string, calibration: unknown): void {
  checkKnown(calibration, ["temperature", "alpha", "slope", "offset"], option)
  const { alpha, offset, slope, temperature } = calibration as Readonly<Record<string, unknown>>
  const isPlatt = slope !== undefined || offset !== undefined
  if (isPlatt && (temperature !== undefined || alpha !== undefined)) {
    throw invalidRequest(
      option,
      "it has the paper's numbers and Platt's",
      "Pass temperature and alpha, or slope and offset.",
    )
  }
  const above = { min: Number.MIN_VALUE, max: Number.MAX_VALUE, integer: false }
  if (isPlatt) {
    // With a slope of 0 or less, what the guard finds the likeliest violation would be the least.
    checkNumber(`${option}.slope`, slope, above)
    checkNumber(`${option}.offset`, offset, { ...above, min: -Number.MAX_VALUE })
    return
  }
  if (temperature !== undefined) checkNumber(`${option}.temperature`, temperature, above)
  if (alpha !== undefined) checkNumber(`${option}.alpha`, alpha, { ...above, min: 0 })
}

function checkRoles(option: string, roles: unknown): void {
  if (!Array.isArray(roles) || roles.length === 0) {
    throw invalidRequest(option, `${show(roles)} is no list of roles`, 'Use a list such as ["user"], or leave it out.')
  }
  for (const [i, role] of roles.entries()) checkOneOf(`${option}[${i}]`, role ?? null, guardRoles)
}

function checkExamples(option: string, examples: unknown): void {
  if (!Array.isArray(examples)) {
    throw invalidRequest(option, `${show(examples)} is no list`, 'Pass a list of { text: "…", label: 0 or 1 }.')
  }
  for (const [i, example] of examples.entries()) {
    const path = `${option}[${i}]`
    checkKnown(example, ["text", "label"], path)
    const { label, text } = example as Partial<PolicyExample>
    checkPolicyText(`${path}.text`, text)
    checkOneOf(`${path}.label`, label ?? null, [0, 1])
  }
}
