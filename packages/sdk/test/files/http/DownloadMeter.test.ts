import { assert, it } from "vitest"
import { DownloadMeter } from "../../../src/files/http/DownloadMeter.ts"
import type { Progress } from "../../../src/words/Progress.ts"

const told = () => {
  const reports: Array<Progress> = []
  return { reports, meter: new DownloadMeter("tiny", (progress) => reports.push(progress)) }
}
const shares = (reports: ReadonlyArray<Progress>) =>
  reports.map(({ loadedBytes, totalBytes }) => loadedBytes / totalBytes)

it("tells nothing before every file that was asked for has begun, so that no share is too large", () => {
  const { meter, reports } = told()
  meter.ask("config.json")
  meter.ask("model.safetensors")
  meter.start("config.json", 0)
  meter.expect("config.json", 10)
  meter.receive("config.json", 10)
  meter.finish("config.json")
  assert.deepEqual(reports, [])
  meter.start("model.safetensors", 0)
  meter.expect("model.safetensors", 90)
  meter.receive("model.safetensors", 40)
  meter.finish("model.safetensors")
  assert.isAtMost(shares(reports)[0] ?? 1, 0.5)
  assert.isNotEmpty(reports)
})

it("goes on without a file that never came", () => {
  const { meter, reports } = told()
  meter.ask("labels.json")
  meter.giveUp("labels.json")
  meter.start("config.json", 0)
  meter.receive("config.json", 10)
  meter.finish("config.json")
  assert.strictEqual(shares(reports).at(-1), 1)
})
