import { DownloadError } from "../../words/Errors.ts"
import { byteCount } from "../../words/byteCount.ts"
import { HostFailure } from "./HostFailure.ts"
import type { HttpBody, HttpSource } from "./HttpSource.ts"

/**
 * Whether a body that ended was whole.
 *
 * @param stored how many bytes of the file there are now.
 * @throws HostFailure when some are missing, and DownloadError when there are more than the host announced.
 */
export function checkEnd(
  source: HttpSource,
  name: string,
  stored: number,
  { isPartial, size }: Pick<HttpBody, "isPartial" | "size">,
): void {
  if (size === undefined || stored === size) return
  if (stored < size) {
    throw new HostFailure("broken", `the host sent ${byteCount(stored)} of ${byteCount(size)} and then stopped`)
  }
  // An encoded body (gzip) is longer than its header says, and the browser knows its end.
  if (!isPartial) return
  throw new DownloadError({
    url: `${source.root}/${name}`,
    problem: `the host announced ${size} bytes and sent ${stored}`,
    remedy: "Serve the folder with a host that answers Range requests as HTTP defines them.",
  })
}
