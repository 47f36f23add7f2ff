import { mkdtemp, realpath, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { checkNames } from "./names.mjs"
import {
  installConsumer,
  lintPackages,
  pack,
  renderConsumer,
  runCommand,
  runConsumer,
  sizeConsumer,
  sizeHooks,
  typeConsumer,
} from "./published.mjs"
import { pnpm, run } from "./shell.mjs"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const local = (name, ...args) => run(join(root, "node_modules", ".bin", name), args, { cwd: root })

/** What must hold before a change goes in, the quickest first. A step may say what it found. */
const steps = [
  ["format", () => quietly(local("oxfmt", "--check"))],
  ["lint", () => quietly(local("oxlint", "--deny-warnings"))],
  ["names of files", checkNames],
  ["types", () => quietly(checkTypes())],
  ["build", () => quietly(pnpm(["-r", "run", "build"], { cwd: root }))],
  ["types of the Next.js example", () => quietly(local("tsc", "-p", join("examples", "next-trace", "tsconfig.json")))],
  ["pack", pack],
  ["package exports", lintPackages],
  ["install the packed packages", installConsumer],
  ["types of the packed packages", (scratch) => quietly(typeConsumer(scratch))],
  ["run the packed SDK: generate, shield, inspect", runConsumer],
  ["render the packed hooks on a server", (scratch) => quietly(renderConsumer(scratch))],
  ["size of the packed SDK in a page, without its worker", sizeConsumer],
  ["size of the packed hooks in a page, before a model is opened", sizeHooks],
  ["run the packed command", runCommand],
]

/** What runs on Node, what runs in the browser, and the browser's tests: each has globals of its own. */
async function checkTypes() {
  for (const project of ["tsconfig.json", "tsconfig.browser.json", "tsconfig.browser-tests.json"]) {
    await local("tsc", "-p", project)
  }
}

const quietly = async (work) => void (await work)

async function take([name, work], scratch) {
  const start = performance.now()
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`
  try {
    const found = await work(scratch)
    console.log(`ok    ${name} (${seconds()})${found ? `: ${found}` : ""}`)
    return true
  } catch (error) {
    console.error(`FAIL  ${name} (${seconds()})\n\n${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}

async function check() {
  // Its real path: tools compare paths, and on some systems the temporary folder is a link.
  const scratch = await mkdtemp(join(await realpath(tmpdir()), "facet-check-"))
  try {
    for (const step of steps) if (!(await take(step, scratch))) return 1
    return 0
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

process.exitCode = await check()
