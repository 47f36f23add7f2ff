/** Policies in a file, as an option of a command. */
import { readFile } from "node:fs/promises"
import { definePolicy, type Policy, readPolicyFile } from "@facet/sdk/words"
import type { OptionSpec } from "./Options.ts"
import { UsageError } from "./UsageError.ts"

export const policyFileOption = {
  policyFile: {
    kind: "text",
    value: "FILE",
    about: "judge by the policies of this file, JSON or YAML, such as `facet policy train` writes",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>

export interface PolicyChoice {
  readonly file?: string | undefined
  /** Ids as they were given: several in a word have commas between them. */
  readonly ids?: ReadonlyArray<string> | undefined
  /** For all of them, in place of their own. */
  readonly threshold?: number | undefined
  /** The option that names the file, for errors. Default `policy-file`. */
  readonly flag?: string | undefined
}

/**
 * The policies that were named; undefined where none was.
 *
 * Rejects with a UsageError for a file that cannot be read, and with an InvalidRequestError for what is wrong in it.
 */
export async function readPolicies({
  file,
  flag = "policy-file",
  ids: given,
  threshold,
}: PolicyChoice): Promise<ReadonlyArray<string | Policy> | undefined> {
  const ids = given?.flatMap((list) => list.split(",")).map((id) => id.trim())
  if (file === undefined) return ids
  if (ids !== undefined)
    throw new UsageError("--policy names ShieldGemma's own and --policy-file others: give one of them.")
  const policies = await readPolicyFile(await readText(file, flag), file)
  return threshold === undefined ? policies : policies.map((policy) => definePolicy({ ...policy, threshold }))
}

const readText = (file: string, flag: string): Promise<string> =>
  readFile(file, "utf8").catch((cause: Error) => {
    throw new UsageError(`--${flag}: ${file} cannot be read (${cause.message})`)
  })
