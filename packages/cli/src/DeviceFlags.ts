/** What a model runs on, as options of a command. */
import type { OpenOptions } from "@facet/sdk"
import { deviceNames } from "@facet/sdk/words"
import type { OptionSpecs, Values } from "./Options.ts"
import { UsageError } from "./UsageError.ts"

/** Those of a browser need no word here. */
const names = ["auto", ...deviceNames.filter((name) => name !== "wasm")] as const

export const deviceOptions = {
  device: {
    kind: "text",
    value: "D",
    about: `what to run on: ${names.join(", ")} (default auto, which is the CPU)`,
  },
  threads: { kind: "number", value: "N", about: "threads for one run (default: one a core, at most 16)" },
  prefill: {
    kind: "text",
    value: "P",
    about:
      "what prompts are multiplied as: weights, or int8, faster on AMX and VNNI, a byte more a weight (default weights)",
  },
} as const satisfies OptionSpecs

type Given = { readonly [K in keyof typeof deviceOptions]: Values<typeof deviceOptions>[K] | undefined }

/** @throws UsageError for a device that nobody knows. */
export function readDevice({ device, prefill, threads }: Given): Pick<OpenOptions, "device" | "prefill" | "threads"> {
  return {
    ...(device !== undefined && { device: checkedDevice(device) }),
    ...(threads !== undefined && { threads }),
    ...(prefill !== undefined && { prefill: checkedPrefill(prefill) }),
  }
}

function checkedPrefill(text: string): "weights" | "int8" {
  if (text === "weights" || text === "int8") return text
  throw new UsageError(`--prefill takes weights or int8, not "${text}"`)
}

function checkedDevice(text: string): (typeof names)[number] {
  const known = names.find((name) => name === text)
  if (known === undefined) throw new UsageError(`--device takes ${names.join(", ")}, not "${text}"`)
  return known
}
