import type { ModelFiles } from "@facet/sdk/folders"

/** Where a `.sbs` lies. */
export interface SbsSource {
  /** The file's path, for messages. */
  readonly root: string
  /** Its folder's files, and its name among them. */
  readonly files: ModelFiles
  readonly name: string
}
