import { StorageError } from "../../words/Errors.ts"

/** What the disk refused, in words. */
export function diskError(place: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)
  const [problem, remedy] = meaning(code)
  return new StorageError({ place, problem, remedy })
}

function meaning(code: string): readonly [problem: string, remedy: string] {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return ["the disk is full", "Free some space, and try again: what has arrived is kept."]
    case "EACCES":
    case "EPERM":
      return [
        "it may not be written (permission denied)",
        "Give this user the right to, or name another folder in FACET_CACHE or HF_HOME.",
      ]
    case "EROFS":
      return ["it lies on a disk that may only be read", "Name a folder that may be written in FACET_CACHE or HF_HOME."]
    default:
      return [`it cannot be written (${code})`, "Check the path and the disk."]
  }
}
