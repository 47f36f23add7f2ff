import { checkKnown, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"

/** SHA-256 in hexadecimal that files must have, by their names in their folder. */
export type Checksums = Readonly<Record<string, string>>

/** The expected checksums of each folder that is opened. */
export interface ExpectedChecksums {
  readonly model?: Checksums | undefined
  readonly shield?: Checksums | undefined
  /** Of the folder that the `params.npz` lies in. */
  readonly scope?: Checksums | undefined
}

/** @throws InvalidRequestError that names the folder and the file whose checksum is none. */
export function checkChecksums(expected: ExpectedChecksums): void {
  checkKnown(expected, ["model", "shield", "scope"], "sha256")
  for (const [folder, sums] of Object.entries(expected)) {
    if (sums === undefined) continue
    if (typeof sums !== "object" || sums === null || Array.isArray(sums)) {
      throw invalidRequest(`sha256.${folder}`, "it is no object", 'Pass { "model.safetensors": "…" }.')
    }
    for (const [file, sum] of Object.entries(sums)) {
      if (typeof sum === "string" && /^[\da-f]{64}$/i.test(sum)) continue
      const remedy = "Pass 64 hexadecimal digits, as `sha256sum` prints them and the Hub shows them of each file."
      throw invalidRequest(`sha256.${folder}["${file}"]`, `${show(sum)} is no SHA-256`, remedy)
    }
  }
}
