/** What a client asks of an effect: `{ [subject]: …, options?: … }`. */
import { isRecord } from "../Json.ts"
import { invalid } from "../ServerOptions.ts"

export interface EffectRequest<Subject, Options> {
  readonly subject: Subject
  readonly options: Options
}

/** Facet's own arguments, which must not come from outside. */
const reserved = ["signal", "prompt"]

/**
 * Reads the outer form. What the subject and the options hold is checked by Facet, which takes nothing on trust.
 *
 * @param name of the field that holds the subject.
 * @throws InvalidRequestError that names the field that is wrong
 */
export function readEffectRequest<Subject, Options>(body: unknown, name: string): EffectRequest<Subject, Options> {
  const names = [name, "options"]
  if (!isRecord(body)) throw invalid("body", "it is no object", `Send a JSON object of ${names.join(" and ")}.`)
  const unknown = Object.keys(body).find((key) => !names.includes(key))
  if (unknown !== undefined) throw invalid(unknown, "there is no such field", `There are: ${names.join(", ")}.`)
  const { [name]: subject, options = {} } = body
  if (!isRecord(options)) throw invalid("options", "it is no object", "Send an object, or leave it out.")
  const taken = reserved.find((key) => Object.hasOwn(options, key))
  if (taken !== undefined) throw invalid(taken, "there is no such option", "Leave it out.")
  // Facet checks both itself, at run time, as it does for callers without types.
  return { subject: subject as Subject, options: options as Options }
}
