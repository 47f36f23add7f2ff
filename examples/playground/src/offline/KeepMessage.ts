import type { BuiltFiles } from "./BuiltFiles.ts"

/** The page asks its service worker to keep the embedded model, and what runs it on this device. */
export interface KeepMessage {
  readonly device: keyof BuiltFiles["engines"]
}
