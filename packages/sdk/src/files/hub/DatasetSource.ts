/** One file of a dataset's repository on the Hugging Face Hub. */
export interface DatasetSource {
  readonly kind: "dataset"
  /** `owner/name`. */
  readonly repository: string
  /** A branch, a tag or a commit. Left out: `main`. */
  readonly revision?: string | undefined
  /** Relative to the repository's root. */
  readonly file: string
}
