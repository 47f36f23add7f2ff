import { checkConstraint, type Constraint } from "./Constraint.ts"

const named = ["schema", "grammar", "regex", "choices"]

/** The option that a form came as. */
const optionOf = ({ type }: Constraint): string => (named.includes(type) ? type : "constraint")

/**
 * Checks the form of a generation, where it has one.
 *
 * @throws InvalidRequestError that names the path of what is wrong
 */
export function checkForm({ constraint }: { readonly constraint?: Constraint | undefined }): void {
  if (constraint !== undefined) checkConstraint(constraint, optionOf(constraint))
}
