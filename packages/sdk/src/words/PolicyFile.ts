/**
 * Policies in a file: one policy, or `policies: [...]` of ids and policies, in JSON or YAML.
 */
import { checkPolicyDetails } from "./checkPolicyDetails.ts"
import { checkTraining } from "./checkTraining.ts"
import { isRecord, parseJson } from "./Json.ts"
import { type FacetError, InvalidRequestError, invalidRequest } from "./Errors.ts"
import { repeatsName } from "./repeatsName.ts"
import { distinct, type Policy, type PolicyOptions } from "./Policy.ts"

/**
 * Reads the policies of a file.
 *
 * Rejects with an `InvalidRequestError` that has the path of what is wrong, and its line in the file: a field that nobody reads,
 * an id that comes twice, a policy that nothing judges.
 *
 * @param text of a file in JSON or in YAML 1.2.
 * @param name of the file, for errors.
 * @example
 * const [spam] = await readPolicyFile(`
 * id: spam
 * promptGuideline: '"No Spam": The prompt shall not contain or seek generation of unwanted advertising.'
 * threshold: 0.3
 * `)
 * console.log(spam?.id, spam?.threshold) // => spam 0.3
 */
export async function readPolicyFile(text: string, name = "policies"): Promise<ReadonlyArray<Policy>> {
  const json = parseJson(text)
  // JSON takes the last of two values of one name, YAML neither.
  const isWhole = json !== undefined && !repeatsName(text)
  const document = (isWhole ? json.value : undefined) ?? (await parseYaml(text, name))
  try {
    return distinct(entriesOf(document), checkPolicy)
  } catch (error) {
    throw error instanceof InvalidRequestError ? await placed(error, text, name) : error
  }
}

function checkPolicy(option: string, policy: Policy): void {
  checkPolicyDetails(option, policy)
  if (policy.training !== undefined) checkTraining(`${option}.training`, policy.training)
}

type Entries = Parameters<typeof distinct>[0]

function entriesOf(document: unknown): Entries {
  // What an entry is, its own check says.
  if (isRecord(document) && "id" in document) return [{ entry: document as unknown as PolicyOptions, option: "policy" }]
  if (!isRecord(document)) {
    throw invalidRequest(
      "policy",
      "the file holds no policy",
      "Write a policy with an `id`, or a list under `policies`.",
    )
  }
  const unknown = Object.keys(document).find((key) => key !== "policies")
  if (unknown !== undefined) throw invalidRequest(unknown, "there is no such field", "There is: policies.")
  const { policies } = document
  if (!Array.isArray(policies) || policies.length === 0) {
    throw invalidRequest("policies", "there is none", "List at least one policy.")
  }
  return policies.map((entry, i) => ({ entry, option: `policies[${i}]` }))
}

/** Its library comes when a file needs it. */
const loadYaml = () => import("yaml")

async function parseYaml(text: string, name: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await loadYaml()
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [error] = document.errors
  if (error === undefined) return valueOf(document, name)
  const { line } = lines.linePos(error.pos[0])
  throw invalidRequest("policy", `${name}, line ${line}: ${firstLine(error.message)}`, "Write JSON or YAML.")
}

/** An alias of nothing, or aliases of aliases without end, show only here. */
function valueOf(document: { readonly toJS: () => unknown }, name: string): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    throw invalidRequest(
      "policy",
      `${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Write it out.",
    )
  }
}

const firstLine = (message: string): string => message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? ""

/** The error, with the line where the value stands, or the object that lacks it. */
async function placed(error: InvalidRequestError, text: string, name: string): Promise<FacetError> {
  const { LineCounter, parseDocument } = await loadYaml()
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const path = keysOf(error.option)
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    const start = isRecord(node) && Array.isArray(node["range"]) ? (node["range"][0] as unknown) : undefined
    if (typeof start !== "number") continue
    return invalidRequest(error.option, `${name}, line ${lines.linePos(start).line}: ${error.problem}`, error.remedy)
  }
  return invalidRequest(error.option, `${name}: ${error.problem}`, error.remedy)
}

/** `policies[1].probe.layer` is three keys and an index; a file of one policy has no key for it. */
const keysOf = (option: string): ReadonlyArray<string | number> =>
  option
    .replace(/^policy(\.|$)/, "")
    .split(/[.[\]]+/)
    .filter((key) => key !== "")
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key))

/**
 * The text of a file of policies, in JSON, which is YAML, too. A list of numbers stands in one line.
 *
 * @example
 * const text = writePolicyFile([definePolicy({ id: "harassment", threshold: 0.2 })])
 * const [policy] = await readPolicyFile(text)
 * console.log(policy?.threshold) // => 0.2
 */
export function writePolicyFile(policies: ReadonlyArray<Policy>): string {
  const text = JSON.stringify({ policies }, undefined, 2)
  // No string has a line's end in it as it stands, so that what people wrote in brackets stays as it is.
  return `${text.replace(/\[\n[\s\d.,e+-]*\]/gi, (list) => list.replace(/\s+/g, " "))}\n`
}
