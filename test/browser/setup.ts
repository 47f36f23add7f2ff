import { findChromium } from "./chromium.ts"

/** Before the first browser test: without a browser the run fails here, with what to do. */
export async function setup(): Promise<void> {
  await findChromium()
}
