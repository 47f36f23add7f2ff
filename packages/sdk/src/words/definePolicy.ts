import { checkPolicyDetails } from "./checkPolicyDetails.ts"
import { type Policy, type PolicyOptions, readPolicy } from "./Policy.ts"

/**
 * Makes a policy of one's own. ShieldGemma's larger models follow new guidelines by wording alone; the 2B model needs
 * to be tuned for them, or a probe: `trainPolicy` makes one of examples. Guidelines read best like the official ones:
 * `"No Spam": The prompt shall not contain ...` and `"No Spam": The chatbot shall not generate content that ...`.
 *
 * With the id of one of ShieldGemma's own, what is left out is that policy's.
 *
 * @throws InvalidRequestError with the path of what is wrong: an id that is empty, a policy that nothing judges, a threshold
 *   that is not from 0 to 1
 * @example
 * const stricter = definePolicy({ id: "harassment", threshold: 0.2 })
 * console.log(stricter.harm) // => Harassment
 */
export function definePolicy(options: PolicyOptions): Policy {
  const policy = readPolicy("policy", options)
  checkPolicyDetails("policy", policy)
  return policy
}
