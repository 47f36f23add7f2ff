import { execFile } from "node:child_process"
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Script } from "node:vm"
import { beforeAll, describe, expect, test } from "vitest"

const run = promisify(execFile)
const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))
const command = fileURLToPath(new URL("../../../packages/cli/src/main.ts", import.meta.url))

/** Options of `facet serve`, as its help has them. */
let options: ReadonlySet<string>
beforeAll(async () => {
  const { stdout } = await run(process.execPath, [command, "serve", "--help"])
  options = new Set(stdout.match(/^ +--[a-z-]+/gm)?.map((option) => option.trim()))
  expect(options).toContain("--workers")
})

const flagsOf = (line: string): ReadonlyArray<string> => line.match(/--[a-z][a-z-]*/g) ?? []

interface Instruction {
  readonly name: string
  readonly value: string
}

/** Instructions with their continued lines; comments between those are none of them. */
const instructionsOf = (text: string): ReadonlyArray<Instruction> =>
  text
    .replaceAll(/^\s*#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name = "", value = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? []
      return { name, value }
    })

const known = "FROM WORKDIR COPY RUN ENV USER VOLUME EXPOSE HEALTHCHECK STOPSIGNAL ENTRYPOINT CMD ARG LABEL".split(" ")

describe.each(["Dockerfile", "../gke/Dockerfile"])("%s", (name) => {
  let all: ReadonlyArray<Instruction>
  let last: ReadonlyArray<Instruction>
  beforeAll(async () => {
    all = instructionsOf(await readFile(path(name), "utf8"))
    last = all.slice(all.findLastIndex((one) => one.name === "FROM"))
  })
  const valueOf = (wanted: string) => last.findLast((one) => one.name === wanted)?.value

  test("builds in one stage and runs in another, as nobody in particular", () => {
    for (const { name: instruction } of all) expect(known).toContain(instruction)
    const stages = all.filter((one) => one.name === "FROM")
    expect(stages).toHaveLength(2)
    const [, built] = / AS (\w+)$/.exec(stages[0]?.value ?? "") ?? []
    expect(valueOf("COPY")).toContain(`--from=${built} `)
    expect(valueOf("USER")).toBe("node")
    // Whoever it runs as is settled before it runs, and no tool of the build is in it.
    const order = last.map((one) => one.name)
    expect(order.indexOf("USER")).toBeGreaterThan(order.lastIndexOf("COPY"))
    expect(order.indexOf("USER")).toBeGreaterThan(order.lastIndexOf("RUN"))
  })

  test("asks for its health at the port that it opens, with words that are JSON", () => {
    const port = valueOf("EXPOSE")
    const health = /CMD (\[.*\])$/.exec(valueOf("HEALTHCHECK") ?? "")?.[1] ?? ""
    const [node, , program] = JSON.parse(health) as ReadonlyArray<string>
    expect(node).toBe("node")
    expect(() => new Script(program ?? "(")).not.toThrow()
    const environment = Object.fromEntries(
      [...(valueOf("ENV") ?? "").matchAll(/(\w+)=(\S+)/g)].map((m) => [m[1], m[2]]),
    )
    const asked = program?.replace("${process.env.PORT}", environment["PORT"] ?? "")
    expect(asked).toContain(`http://127.0.0.1:${port}/readyz`)
    const words = [valueOf("ENTRYPOINT") ?? "[]", valueOf("CMD") ?? "[]"].flatMap((one) => JSON.parse(one) as string[])
    for (const flag of flagsOf(words.join(" "))) expect(options).toContain(flag)
    if (words.includes("--port")) expect(words[words.indexOf("--port") + 1]).toBe(port)
  })
})

describe("the unit of systemd", () => {
  let text = ""
  beforeAll(async () => {
    text = await readFile(path("facet.service"), "utf8")
  })
  const valueOf = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1] ?? ""

  test("gives options that there are, has workers reloaded, and waits as long as the server does", () => {
    const flags = flagsOf(valueOf("ExecStart"))
    expect(flags.length).toBeGreaterThan(3)
    for (const flag of flags) expect(options).toContain(flag)
    expect(valueOf("ExecReload")).toContain("-HUP $MAINPID")
    const grace = Number(/--grace (\d+)/.exec(valueOf("ExecStart"))?.[1])
    expect(Number(valueOf("TimeoutStopSec"))).toBeGreaterThan(grace + 10)
    // Ended by the first signal to all, workers would not be told by whom they belong to.
    expect(valueOf("KillMode")).toBe("mixed")
    const [memory, workers] = [/--max-memory (\d+)GB/, /--workers (\d+)/].map((of) => Number(of.exec(text)?.[1]))
    expect(Number(/^MemoryMax=(\d+)G$/m.exec(text)?.[1])).toBeGreaterThan(memory! * workers!)
  })

  test("is one that systemd understands", async ({ skip }) => {
    const folder = await mkdtemp(join(tmpdir(), "facet-unit-"))
    try {
      // The programs are those of the machine that it is for: here others stand in for them.
      await copyFile(path("facet.service"), join(folder, "facet.service"))
      const here = text.replace(/\/usr\/bin\/node/g, process.execPath)
      await writeFile(join(folder, "facet.service"), here)
      const verified = run("systemd-analyze", ["verify", join(folder, "facet.service")])
      const outcome = await verified.catch((error: { readonly code?: unknown; readonly stderr?: string }) => error)
      if ("code" in outcome && outcome.code === "ENOENT") return skip("systemd-analyze is not here")
      expect("code" in outcome ? outcome.stderr : "").toBe("")
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
