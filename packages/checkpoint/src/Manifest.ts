/** `facet.manifest.json`: where a converted folder comes from, and what its files are. */
export const manifestFile = "facet.manifest.json"

/** The form that is written. */
export const manifestVersion = 1

export interface Manifest {
  readonly version: number
  /** Name and version of what wrote it. */
  readonly tool: string
  readonly source: {
    /** As who asked for the conversion names it; else the last part of its path. */
    readonly id: string
    readonly format: string
    readonly revision?: string | undefined
    readonly licence?: string | undefined
  }
  /** What was merged in. */
  readonly adapter?: string | undefined
  /** What 4-bit weights were rounded by. */
  readonly importance?: string | undefined
  /** How most weights are packed, and the embedding and the output head: `q4` in blocks of 32 is `q4:32`. */
  readonly weights: string
  readonly embedding: string
  readonly head: string
  readonly leftOut: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
  /** By name; the manifest itself is not among them. */
  readonly files: Readonly<Record<string, FileSum>>
}

export interface FileSum {
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}
