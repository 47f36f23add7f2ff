/** The command line runs on the devices that Node has. */
import { deviceNames } from "@facet/sdk/words"
import { expect, test } from "vitest"
import { readDevice } from "../src/DeviceFlags.ts"
import { UsageError } from "../src/UsageError.ts"

test.each(["auto", ...deviceNames.filter((name) => name !== "wasm")])("--device %s is the SDK's option", (device) => {
  expect(readDevice({ device, threads: undefined })).toStrictEqual({ device })
})

test.each(["wasm", "gpu", ""])('--device "%s" is none of them, and is told which there are', (device) => {
  expect(() => readDevice({ device, threads: 2 })).toThrow(UsageError)
  expect(() => readDevice({ device, threads: 2 })).toThrow("webgpu, cuda, coreml, dml")
})

test("without flags nothing is chosen", () => {
  expect(readDevice({ device: undefined, threads: undefined })).toStrictEqual({})
})
