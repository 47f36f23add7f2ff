import { DownloadError } from "../../words/Errors.ts"

/** A file that is not the one that was expected: changed on its way, or on the host. */
export const checksumProblem = (url: string, expected: string, found: string): DownloadError =>
  new DownloadError({
    url,
    problem: `its SHA-256 is ${found}, where ${expected.toLowerCase()} was expected`,
    remedy: "Do not use it before you know why: name the revision that you mean, or expect the checksum of this one.",
  })

/** A checksum of a file that is not there checks nothing. */
export const nothingToCheck = (url: string): DownloadError =>
  new DownloadError({
    url,
    problem: "a checksum is expected of it, and it is no file of this folder",
    remedy: "Write the file's name as it is in the folder, or leave its checksum out.",
  })
