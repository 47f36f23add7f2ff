/** More threads than this wait for each other more than they help. */
const mostThreads = 8

/** What a page says of itself. */
export interface ThreadingPlace {
  readonly crossOriginIsolated?: boolean
  readonly SharedArrayBuffer?: unknown
  readonly navigator?: { readonly hardwareConcurrency?: number }
}

/**
 * How many threads ONNX Runtime's wasm build gets.
 *
 * Some browsers call a page cross-origin isolated and give it no shared memory all the same: both are asked. Browsers that
 * hide the number of cores say less than there are, or nothing.
 *
 * @param wanted - by the settings; left out, one a core.
 */
export function wasmThreads(wanted: number | undefined, place: ThreadingPlace): number {
  if (place.crossOriginIsolated !== true || typeof place.SharedArrayBuffer !== "function") return 1
  return wanted ?? Math.max(1, Math.min(place.navigator?.hardwareConcurrency ?? 1, mostThreads))
}
