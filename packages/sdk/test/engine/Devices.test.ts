/** Which of several devices is taken, and what becomes of the others. */
import { assert, describe, it } from "@effect/vitest"
import { Devices } from "../../src/engine/Devices.ts"
import { CodeLoadError, ModelFileError, RuntimeError, UnsupportedDeviceError } from "../../src/words/Errors.ts"
import type { DeviceCandidate, Runtime } from "../../src/runtime/Runtime.ts"
import { failureOf } from "../fixtures/failure.ts"

/** A device that starts as often as it is asked to. */
class Device {
  starts = 0
  releases = 0
  readonly candidate: DeviceCandidate

  constructor(name: DeviceCandidate["name"]) {
    this.candidate = {
      name,
      start: async () => {
        this.starts++
        return { name, release: async () => void this.releases++ } as unknown as Runtime
      },
    }
  }
}

const failing = (error: unknown) => async (): Promise<never> => {
  throw error
}
const onWasm = async (runtime: Runtime): Promise<string> => {
  if (runtime.name === "webgpu") throw new Error("no room on the device")
  return runtime.name
}

describe("devices", () => {
  it("whose code did not arrive are no fault of the browser's, and are tried again", async () => {
    const missing = new CodeLoadError({ what: "ONNX Runtime", url: "", problem: "status 503", remedy: "Try again." })
    const wasm = new Device("wasm")
    let isDown = true
    const start = async () => (isDown ? Promise.reject(missing) : wasm.candidate.start())
    const none = new UnsupportedDeviceError({ device: "webgpu", problem: "no adapter", remedy: "" })
    const devices = new Devices([
      { name: "webgpu", start: failing(none) },
      { name: "wasm", start },
    ])
    assert.strictEqual(await failureOf(devices.open(onWasm)), missing)
    isDown = false
    assert.strictEqual(await devices.open(onWasm), "wasm")
  })

  it("are tried until one works, and those that do not are released", async () => {
    const [webgpu, wasm] = [new Device("webgpu"), new Device("wasm")]
    const devices = new Devices([webgpu.candidate, wasm.candidate])
    const [first, second] = await Promise.all([devices.open(onWasm), devices.open(onWasm)])
    assert.deepStrictEqual([first, second], ["wasm", "wasm"])
    assert.deepStrictEqual([webgpu.starts, webgpu.releases, wasm.starts, wasm.releases], [1, 1, 1, 0])
    assert.deepStrictEqual(devices.rejected, [{ name: "webgpu", reason: "no room on the device" }])
    await devices.release()
    assert.strictEqual(wasm.releases, 1)
  })

  it("are not blamed for a model's own faults", async () => {
    const device = new Device("webgpu")
    const devices = new Devices([device.candidate, new Device("wasm").candidate])
    const fault = new ModelFileError({ file: "config.json", problem: "missing", remedy: "Publish it." })
    assert.strictEqual(await failureOf(devices.open(failing(fault))), fault)
    assert.deepStrictEqual(devices.rejected, [])
    assert.strictEqual(await devices.open(async ({ name }) => name), "webgpu")
    assert.strictEqual(device.releases, 1)
  })

  it("may work the next time, when none did: what was wrong may have passed", async () => {
    const only = new Devices([new Device("cpu").candidate])
    const fault = new RuntimeError({ operation: "Opening", problem: "bad allocation" })
    for (let i = 0; i < 2; i++) assert.strictEqual(await failureOf(only.open(failing(fault))), fault)
    assert.strictEqual(await only.open(async ({ name }) => name), "cpu")

    const both = new Devices([new Device("webgpu").candidate, new Device("wasm").candidate])
    for (let i = 0; i < 2; i++) {
      const none = await failureOf(both.open(failing(new Error("bad allocation"))))
      assert.instanceOf(none, UnsupportedDeviceError)
      assert.include(none.message, "webgpu: bad allocation; wasm: bad allocation")
    }
    assert.strictEqual(await both.open(onWasm), "wasm")
  })

  it("that are one, in several precisions, tell its reason once and as it is", async () => {
    const none = new UnsupportedDeviceError({ device: "webgpu", problem: "no adapter", remedy: "Install a driver." })
    const candidate = { name: "webgpu", start: failing(none) } as const
    assert.strictEqual(await failureOf(new Devices([candidate, candidate]).open(onWasm)), none)
  })

  it("that all fail tell what else there is to do", async () => {
    const devices = new Devices([new Device("webgpu").candidate, new Device("wasm").candidate], "Use a server.")
    const error = await failureOf(devices.open(failing(new Error("bad allocation"))))
    assert.instanceOf(error, UnsupportedDeviceError)
    assert.strictEqual(error.remedy, "Use a server.")
  })
})
