/** The SDK's folders are rooms: imports between them point one way, types included, and the linter holds everybody to it. */
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join, normalize, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const source = join(root, "packages/sdk/src")

const names = (await readdir(source, { recursive: true })).filter((name) => name.endsWith(".ts"))
/** A folder, or a file that lies in none. */
const roomOf = (file: string): string => file.split(sep)[0] ?? file
const rooms = [...new Set(names.map(roomOf))].filter((room) => !room.endsWith(".ts")).toSorted()

/** Which rooms each room imports from, by `import`, `import type`, `export … from` and `import()`. */
const arrows = new Map<string, Set<string>>()
for (const name of names) {
  const text = await readFile(join(source, name), "utf8")
  for (const [, address = ""] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
    const [from, to] = [roomOf(name), roomOf(normalize(join(dirname(name), address)))]
    if (from !== to) arrows.set(from, (arrows.get(from) ?? new Set()).add(to))
  }
}

/** A room from which one can come back to it. */
function circle(): ReadonlyArray<string> | undefined {
  const visit = (room: string, path: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    if (path.includes(room)) return [...path, room]
    for (const next of arrows.get(room) ?? []) {
      const found = visit(next, [...path, room])
      if (found !== undefined) return found
    }
    return undefined
  }
  return [...arrows.keys()].map((room) => visit(room, [])).find((found) => found !== undefined)
}

describe("rooms", () => {
  it("import each other in one direction", () => {
    assert.isUndefined(circle())
  })

  it("are few, and so are the ways between them", () => {
    const count = [...arrows.values()].reduce((sum, { size }) => sum + size, 0)
    const all = new Set(names.map(roomOf)).size
    console.log(`${all} rooms, ${count} arrows`)
    assert.isAtMost(all, 17)
    assert.isAtMost(count, 50)
  })

  it("have words that import nothing of ours", () => {
    assert.isUndefined(arrows.get("words"))
  })
})

describe("the linter", () => {
  /** What a room that broke the rules would hold: one import of every other room, alternately of a value and of a type. */
  const planted = (room: string): ReadonlyArray<readonly [to: string, line: string]> =>
    [...rooms.filter((other) => other !== room), "Facet.ts"].map((to, i) => {
      const address = to.endsWith(".ts") ? `../${to}` : `../${to}/Planted.ts`
      return [to, `import ${i % 2 === 0 ? "type " : ""}{ Planted as P${i} } from "${address}"`] as const
    })

  let scratch: string
  let complaints: ReadonlyArray<{ readonly filename: string; readonly line: number }>
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "facet-rooms-"))
    const config = JSON.parse(await readFile(join(root, ".oxlintrc.json"), "utf8"))
    // Types need the whole project; which imports are allowed does not.
    await writeFile(join(scratch, ".oxlintrc.json"), JSON.stringify({ ...config, options: {} }))
    for (const room of rooms) {
      const folder = join(scratch, "packages/sdk/src", room)
      await mkdir(folder, { recursive: true })
      await writeFile(
        join(folder, "Planted.ts"),
        planted(room)
          .map(([, line]) => line)
          .join("\n"),
      )
    }
    const oxlint = join(root, "node_modules/.bin/oxlint")
    const run = promisify(execFile)(oxlint, ["--format", "json", "--config", ".oxlintrc.json", "."], { cwd: scratch })
    const { stdout } = await run.catch((error: { readonly stdout: string }) => error)
    const { diagnostics } = JSON.parse(stdout)
    complaints = diagnostics
      .filter(({ code }: { readonly code: string }) => code.includes("no-restricted-imports"))
      .map(
        ({
          filename,
          labels,
        }: {
          readonly filename: string
          readonly labels: ReadonlyArray<{ span: { line: number } }>
        }) => ({
          filename,
          line: labels[0]?.span.line ?? 0,
        }),
      )
  })
  afterAll(() => rm(scratch, { recursive: true }))

  it.each(rooms)("lets %s import what it may, and refuses the rest", (room) => {
    const refused = new Set(
      complaints
        .filter(({ filename }) => normalize(filename).includes(join("src", room, "Planted.ts")))
        .map(({ line }) => planted(room)[line - 1]?.[0]),
    )
    for (const [to] of planted(room)) {
      if (arrows.get(room)?.has(to) === true) assert.isFalse(refused.has(to), `${room} may import ${to}`)
    }
    // Whatever may import this room may not be imported by it.
    const above = ["Facet.ts", ...rooms.filter((other) => arrows.get(other)?.has(room) === true)]
    for (const other of above) assert.isTrue(refused.has(other), `${room} must not import ${other}`)
  })
})
