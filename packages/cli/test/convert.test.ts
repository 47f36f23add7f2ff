import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { facet, facetUntilFirstProgress } from "./facet.ts"

const source = fileURLToPath(new URL("../../tiny/models/tiny-gemma-it", import.meta.url))

let root = ""
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "facet-cli-convert-"))
})
afterAll(() => rm(root, { recursive: true, force: true }))

test("a checkpoint becomes a folder that opens; progress and the time left are on stderr", async () => {
  const target = join(root, "q8")
  const done = await facet(["convert", source, target, "--dtype", "q8", "--block", "32", "--head", "q4", "--json"])
  expect(done).toMatchObject({ code: 0, stderr: "" })
  expect(JSON.parse(done.stdout)).toStrictEqual({ target, bytes: expect.any(Number), leftOut: [], warnings: [] })
  const answer = await facet(["generate", "Tell me a story.", "--model", target, "--max-tokens", "5", "--json"])
  expect(answer).toMatchObject({ code: 0, stderr: "" })
  const again = await facet(["convert", source, target, "--verbose"])
  expect(again.stdout).toMatch(/q8: \d+\.\d MB\. Try: facet generate --model/)
  expect(again.stderr).toMatch(/100 % {2}\d+\.\d MB of \d+\.\d MB/)
}, 60_000)

test.each([
  [["convert"], 2, "IN is missing. Try: facet convert "],
  [["convert", "a"], 2, "OUT is missing"],
  [["convert", "a", "b", "c"], 2, '"c" is one word too many'],
  [["convert", "a", "b", "--dtype", "q5"], 2, '--dtype takes q4, q4-mixed, q8, int8, f16, f32, not "q5"'],
  [["convert", "a", "b", "--block", "48"], 2, "--block takes 32, 64, 128, not 48"],
  [["convert", "no-such-folder", "b"], 1, "ModelNotFoundError: "],
  [["convert", source, source], 1, "InvalidRequestError: target: it is the source itself"],
  [["convert", source, "out", "--block", "128", "--json"], 1, "InvalidRequestError: --block: blocks of 128"],
])(
  "%j ends with %i",
  async (words, code, problem) => {
    expect(await facet(words)).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(problem) })
  },
  20_000,
)

test("a signal ends it, and nothing is left", async () => {
  const folder = await mkdtemp(join(root, "ended-"))
  expect(await facetUntilFirstProgress(["convert", source, join(folder, "out"), "--verbose"])).toBe(143)
  expect(await readdir(folder)).toStrictEqual([])
}, 20_000)
