/** A repository of the Hugging Face Hub. */
export interface HubId {
  /** `owner/name`. */
  readonly repository: string
  /** A branch, a tag or a commit. */
  readonly revision: string | undefined
}

const hubId = /^(?<repository>[\w-][\w.-]*\/[\w-][\w.-]*)(?:@(?<revision>\w[\w.-]*(?:\/\w[\w.-]*)*))?$/

/** Reads `owner/name` or `owner/name@revision`; undefined for anything else, such as a path. */
export function readHubId(text: string): HubId | undefined {
  const { repository, revision } = hubId.exec(text)?.groups ?? {}
  return repository === undefined ? undefined : { repository, revision }
}
