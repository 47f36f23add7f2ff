/** The command line runs on the devices that Node has. */
import { deviceNames } from "@facet/sdk/words"
import { expect, test } from "vitest"
import { readDevice } from "../src/DeviceFlags.ts"
import { UsageError } from "../src/UsageError.ts"

test.each(["auto", ...deviceNames.filter((name) => name !== "wasm")])("--device %s is the SDK's option", (device) => {
  expect(readDevice({ device, prefill: undefined, threads: undefined })).toStrictEqual({ device })
})

test.each(["wasm", "gpu", ""])('--device "%s" is none of them, and is told which there are', (device) => {
  const given = { device, prefill: undefined, threads: 2 }
  expect(() => readDevice(given)).toThrow(UsageError)
  expect(() => readDevice(given)).toThrow("webgpu, cuda, coreml, dml")
})

test("without flags nothing is chosen", () => {
  expect(readDevice({ device: undefined, prefill: undefined, threads: undefined })).toStrictEqual({})
})

test("--prefill is the SDK's option, and takes nothing else", () => {
  const given = { device: undefined, threads: undefined }
  expect(readDevice({ ...given, prefill: "int8" })).toStrictEqual({ prefill: "int8" })
  expect(() => readDevice({ ...given, prefill: "q4" })).toThrow("weights or int8")
})
