/** What the build wrote, as paths relative to the app's folder. */
export interface BuiltFiles {
  /** Changes with every file. */
  readonly version: string
  /** The page itself: small, and kept from the first visit on. */
  readonly page: ReadonlyArray<string>
  /** The embedded model and its worker: kept once the visitor has loaded them. */
  readonly model: ReadonlyArray<string>
  /** What runs it on each device: only one of them is kept. */
  readonly engines: { readonly wasm: ReadonlyArray<string>; readonly webgpu: ReadonlyArray<string> }
}
