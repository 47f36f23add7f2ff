/** `facet bench`: how fast a model is here. */
import { cpus } from "node:os"
import type { BenchResult } from "../bench/benchRows.ts"
import { defineCommand } from "../Command.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { openFacet } from "../Opening.ts"
import { jsonOption, modelOption } from "../Options.ts"
import { padEnd } from "../textWidth.ts"
import { UsageError } from "../UsageError.ts"

const defaultRounds = 3

export const bench = defineCommand(
  {
    name: "bench",
    summary: "measure how fast a model is on this machine",
    options: {
      ...modelOption,
      shield: {
        kind: "text",
        value: "M",
        about: "the guard, in the same forms; default the one that belongs to the model",
      },
      rounds: { kind: "number", value: "N", about: `rounds that are measured (default ${defaultRounds})` },
      ...deviceOptions,
      ...jsonOption,
    },
    examples: [
      ["bench --model ./gemma-2-2b-it", "decode, prefill, a second turn and the shield, best and median"],
      ["bench --json", "one JSON document with the figures and the machine"],
    ],
  },
  async (console, _, { device, json, model, rounds = defaultRounds, shield, prefill, threads }) => {
    if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError("--rounds takes a whole number from 1 on")
    // Imported when they are needed, as the SDK is.
    const [{ measureBandwidth }, { benchRows }] = await Promise.all([
      import("../bench/measureBandwidth.ts"),
      import("../bench/benchRows.ts"),
    ])
    let weightBytes = 0
    await using facet = await openFacet(console, {
      ...(model && { model }),
      ...(shield && { shield }),
      ...readDevice({ device, prefill, threads }),
      onProgress: ({ loadedBytes, phase, totalBytes }) => {
        // The text model comes first, and by then all but its weights is loaded.
        if (phase === "session" && weightBytes === 0) weightBytes = totalBytes - loadedBytes
      },
    })
    const used = facet.device.threads ?? cpus().length
    const bytesPerSecond = await measureBandwidth(used)
    const result = await benchRows(facet, {
      rounds,
      // A graphics card has memory of its own.
      floor: facet.device.name === "cpu" ? (weightBytes / bytesPerSecond) * 1000 : null,
      signal: console.signal,
      report: (line) => void (console.verbose && console.err.writeLine(line)),
    })
    const machine = {
      date: new Date().toISOString().slice(0, 10),
      processor: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      node: process.versions.node,
      bytesPerSecond: Math.round(bytesPerSecond),
    }
    const opened = { model: facet.model, architecture: facet.architecture, device: facet.device, weightBytes }
    if (json === true) {
      await console.out.writeLine(JSON.stringify({ ...opened, machine, rounds, ...result }))
      return 0
    }
    await console.out.writeLine(
      `${facet.model} (${(weightBytes / 1e6).toFixed(0)} MB of weights), ${machine.processor}, ${used} threads, ${(bytesPerSecond / 1e9).toFixed(1)} GB/s, ${rounds} rounds`,
    )
    for (const line of linesOf(result)) await console.out.writeLine(line)
    return 0
  },
)

const nameWidth = 46

function linesOf({ leftOut, rows }: BenchResult): ReadonlyArray<string> {
  const cells = (name: string, ...rest: ReadonlyArray<string>): string =>
    `${padEnd(name, nameWidth)}${rest.map((cell) => cell.padStart(12)).join("")}`.trimEnd()
  return [
    cells("", "tokens", "best", "median", "floor", ""),
    ...rows.map(({ best, floor, median, name, tokens, unit }) =>
      cells(name, String(tokens), best.toFixed(1), median.toFixed(1), floor?.toFixed(1) ?? "", unit),
    ),
    ...leftOut.map(({ name, problem }) => `left out: ${name}: ${problem}`),
  ]
}
