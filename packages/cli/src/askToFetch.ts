import { byteCount } from "@facet/sdk/words"
import type { PullPlan } from "@facet/sdk/models"
import { confirm, isInteractive } from "./confirm.ts"
import type { Console } from "./Console.ts"
import { Declined } from "./Declined.ts"

/** What is smaller is fetched unasked: 1 GB. */
const large = 1e9

/**
 * Says what is about to be fetched and under which licence, and asks on a terminal before gigabytes.
 *
 * @param model as it is opened: of a known one it is said when it will not fit into memory.
 * @param isAgreed whether the user has said yes beforehand.
 * @throws Declined when the answer is no.
 */
export async function askToFetch(
  console: Console,
  { licence, missingBytes, page, revision, totalBytes }: PullPlan,
  model: string,
  isAgreed = false,
): Promise<void> {
  if (missingBytes === 0) return
  const { knownModel, licenceTitle, memoryLimit } = await import("@facet/sdk/models")
  const { err } = console
  const all = missingBytes === totalBytes ? "" : ` of ${byteCount(totalBytes)}`
  const at = revision === undefined ? "" : ` at ${revision.slice(0, 12)}`
  // A progress line may stand there.
  await err.write(err.isTerminal ? "\r\u001b[K" : "")
  await err.writeLine(`Fetching ${byteCount(missingBytes)}${all} from ${page}${at}.`)
  if (licence !== undefined) await err.writeLine(`Licence: ${licenceTitle(licence)}.`)
  const needed = knownModel(model.replace(/^hf:|@.*$/g, ""))?.needs.q4.memory ?? 0
  const memory = await memoryLimit()
  if (needed > memory) {
    const amounts = `${byteCount(needed)} of memory in 4 bits, and there are ${byteCount(memory)} here`
    await err.writeLine(err.paint.bad(`It needs ${amounts}: it may not open.`))
  }
  if (isAgreed || missingBytes < large || !isInteractive(console)) return
  if (!(await confirm(console, `Fetch ${byteCount(missingBytes)}?`))) throw new Declined("nothing large was fetched")
}
