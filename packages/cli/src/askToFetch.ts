import type { PullPlan } from "@facet/sdk/models"
import { confirm, isInteractive } from "./confirm.ts"
import type { Console } from "./Console.ts"
import { Declined } from "./Declined.ts"

/** What is smaller is fetched unasked: 1 GB. */
const large = 1e9

/**
 * Says what is about to be fetched and under which licence, and asks on a terminal before gigabytes.
 *
 * @param isAgreed whether the user has said yes beforehand.
 * @throws Declined when the answer is no.
 */
export async function askToFetch(
  console: Console,
  { licence, missingBytes, page, revision, totalBytes }: PullPlan,
  isAgreed = false,
): Promise<void> {
  if (missingBytes === 0) return
  const { byteCount, licenceTitle } = await import("@facet/sdk/models")
  const { err } = console
  const all = missingBytes === totalBytes ? "" : ` of ${byteCount(totalBytes)}`
  const at = revision === undefined ? "" : ` at ${revision.slice(0, 12)}`
  // A progress line may stand there.
  await err.write(err.isTerminal ? "\r\u001b[K" : "")
  await err.writeLine(`Fetching ${byteCount(missingBytes)}${all} from ${page}${at}.`)
  if (licence !== undefined) await err.writeLine(`Licence: ${licenceTitle(licence)}.`)
  if (isAgreed || missingBytes < large || !isInteractive(console)) return
  if (!(await confirm(console, `Fetch ${byteCount(missingBytes)}?`))) throw new Declined("nothing large was fetched")
}
