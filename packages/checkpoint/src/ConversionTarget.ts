/** Where a conversion writes: a folder on the disk, or one in a browser's storage. */
import type { FileSum } from "./Manifest.ts"

/** A file that is written at places of its own, by one or by many. */
export interface TargetFile {
  /** Writes all of the bytes from byte `at` on. */
  readonly write: (bytes: Uint8Array, at: number) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * A folder that does not open before it is whole. Whoever made it puts it in its place when a conversion has ended well,
 * and removes it when it has not.
 */
export interface ConversionTarget {
  /** Rejects with a typed error that says how much is needed, where there is no room for so many bytes. */
  readonly checkRoom: (bytes: number) => Promise<void>
  /** Makes a file of so many bytes, which are written later. */
  readonly create: (name: string, size: number) => Promise<void>
  /** Opens a file that was made. */
  readonly open: (name: string) => Promise<TargetFile>
  /** Brings a file that is written to the disk, and sums it up. */
  readonly finish: (name: string) => Promise<FileSum>
  /** Writes a small file whole, and brings it to the disk. */
  readonly write: (name: string, bytes: Uint8Array) => Promise<void>
}
