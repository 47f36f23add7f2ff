/** What a browser packs weights as, where nobody says. */
import type { EngineSettings } from "../../words/EngineSettings.ts"
import type { WeightDtype } from "../../words/Tensors.ts"
import { findAdapter } from "./findAdapter.browser.ts"

/**
 * `int8` where wasm will run the model: it has no fast path for blocks, and lays them out as int8 whenever a model opens.
 *
 * @returns undefined where a graphics card will: whatever suits the model, in blocks.
 */
export async function usualDtype({
  device,
  precision,
}: Pick<EngineSettings, "device" | "precision">): Promise<WeightDtype | undefined> {
  if (device === "wasm" || precision === "int8") return "int8"
  if (device === "webgpu") return undefined
  return findAdapter(false).then(
    () => undefined,
    () => "int8" as const,
  )
}
