import { DownloadError } from "../../words/Errors.ts"

/**
 * A name in a host's list, which becomes a path on this disk.
 *
 * @throws DownloadError for one that leads out of its folder, or that a file system reads otherwise than a URL.
 */
export function checkRelativePath(root: string, path: string): void {
  const isPlain = path
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== ".." && !/[\\:]|\p{Cc}/u.test(part))
  if (isPlain && path.length <= 512) return
  throw new DownloadError({
    url: root,
    problem: `its list names a file ${JSON.stringify(path.slice(0, 80))}, which is no path inside it`,
    remedy: "Do not use this copy: take the model from where it was published.",
  })
}
