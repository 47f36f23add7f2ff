import { readFile } from "node:fs/promises"
import type { Browser } from "playwright-core"

/** What the pages' processes hold in memory together, in MB. */
export async function renderersMegabytes(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send("SystemInfo.getProcessInfo")
  await session.detach()
  let kilobytes = 0
  for (const { id, type } of processInfo) {
    if (type !== "renderer") continue
    const status = await readFile(`/proc/${id}/status`, "utf8")
    kilobytes += Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1] ?? NaN)
  }
  return Math.round(kilobytes / 1024)
}
