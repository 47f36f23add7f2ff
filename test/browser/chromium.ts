/** The Chromium that the browser tests run in: one that is named, one that is installed, or the one from npm. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { access, constants, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** A Chromium that has told its version, and what its process needs. */
export interface Chromium {
  readonly path: string
  readonly version: string
  readonly env: Readonly<Record<string, string>>
}

/** What Playwright launches. */
export interface Launch {
  readonly executablePath: string
  readonly args: Array<string>
  readonly env: Record<string, string>
}

export interface LaunchOptions {
  /** WebGPU on the software adapter, so that every machine has the same; without it, `requestAdapter()` gives null. */
  readonly webgpu?: boolean
  /**
   * Whether WebAssembly that runs much is compiled once more, for speed, as at a visitor's. A test is over before that has
   * paid; what measures needs it. Default: false.
   */
  readonly optimises?: boolean
}

/** Those of the npm package switch cross-origin isolation off: these are ours. */
const quietArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
/** V8's own budget of 13 million steps is spent by opening a model. */
const unoptimisedArgs = ["--js-flags=--wasm-tiering-budget=200000000"]
const softwareWebGpuArgs = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]

/** Chromium's name for the command, as distributions and Google spell it. */
const commands = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
const macApplications = ["Google Chrome", "Chromium"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`)
const windowsApplications = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((place) =>
  process.env[place] === undefined ? [] : [join(process.env[place], "Google", "Chrome", "Application", "chrome.exe")],
)

const npmName = "the npm package @sparticuz/chromium"
const fontsFile = "fonts.conf"
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..")

/**
 * How to launch the Chromium of this machine.
 *
 * @throws Error that says what was tried and what to do, where no Chromium runs.
 *
 * @example
 * const browser = await chromium.launch(await launchOptions({ webgpu: false }))
 */
export async function launchOptions({ optimises = false, webgpu = true }: LaunchOptions = {}): Promise<Launch> {
  const { env, path } = await findChromium()
  const args = [...quietArgs, ...(webgpu ? softwareWebGpuArgs : []), ...(optimises ? [] : unoptimisedArgs)]
  return { executablePath: path, args, env: { ...env } }
}

let found: Promise<Chromium> | undefined

/**
 * `CHROME_PATH`, else an installed Chromium or Chrome, else the one from npm, unpacked on first use.
 *
 * @throws Error that says what was tried and what to do, where none of them runs.
 */
export function findChromium(): Promise<Chromium> {
  found ??= firstThatRuns()
  return found
}

async function firstThatRuns(): Promise<Chromium> {
  const tried: Array<string> = []
  for (const candidate of candidates()) {
    try {
      return await candidate()
    } catch (error) {
      tried.push(`- ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error(
    [
      "No Chromium runs on this machine, and the browser tests need one. Tried:",
      ...tried,
      "Install Chromium or Google Chrome (on Debian and Ubuntu: apt-get install chromium), or set CHROME_PATH to its executable.",
      "The tests that need no browser run with: npx pnpm@12 test --project node",
    ].join("\n"),
  )
}

/** A `CHROME_PATH` that does not run is the user's mistake: nothing else is tried in its place. */
function candidates(): ReadonlyArray<() => Promise<Chromium>> {
  const named = process.env["CHROME_PATH"]
  if (named !== undefined && named !== "") return [() => thatTellsItsVersion(named, {}, "CHROME_PATH")]
  return [...installed().map((path) => () => thatTellsItsVersion(path)), fromNpm]
}

function installed(): ReadonlyArray<string> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")
  const onPath = commands.flatMap((command) => folders.map((folder) => join(folder, command)))
  return [...onPath, ...macApplications, ...windowsApplications].filter((path) => existsSync(path))
}

/** Starting it shows more than its file does: whether its libraries are there, and for which machine it was built. */
async function thatTellsItsVersion(
  path: string,
  env: Record<string, string> = {},
  name = "installed",
): Promise<Chromium> {
  const all = { ...definedEnvironment(), ...env }
  if (process.platform === "win32") return { path, version: "unknown", env: all } // there, --version opens a window
  try {
    const { stdout } = await promisify(execFile)(path, ["--version"], { env: all, timeout: 30_000 })
    const version = /(\d+(?:\.\d+)+)/.exec(stdout)?.[1]
    if (version === undefined) throw new Error(`it answered ${JSON.stringify(stdout.trim())} to --version`)
    return { path, version, env: all }
  } catch (error) {
    throw new Error(`${name} (${path}): ${error instanceof Error ? error.message.trim() : String(error)}`, {
      cause: error,
    })
  }
}

const definedEnvironment = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))

/** The npm package brings the libraries that a bare machine lacks; where the system has its own, those are used. */
async function fromNpm(): Promise<Chromium> {
  const folder = await unpackedFromNpm()
  const path = join(folder, "chromium")
  const fonts = { FONTCONFIG_FILE: join(folder, fontsFile) }
  try {
    return await thatTellsItsVersion(path, fonts, npmName)
  } catch {
    return thatTellsItsVersion(path, { ...fonts, LD_LIBRARY_PATH: join(folder, "al2023", "lib") }, npmName)
  }
}

/**
 * The folder of the Chromium from npm, unpacked on first use.
 *
 * @throws Error that says why there is none.
 */
export async function unpackedFromNpm(): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`${npmName}: it is for linux x64, and this is ${process.platform} ${process.arch}`)
  }
  const bin = join(root, "node_modules", "@sparticuz", "chromium", "bin")
  const { version } = await versionOf(join(bin, "..", "package.json"))
  const cache = join(root, "node_modules", ".cache")
  const folder = join(cache, `chromium-${version}`)
  if (await isThere(folder)) return folder
  await mkdir(cache, { recursive: true })
  // Another process may unpack at the same time: each fills a folder of its own, and the first to be done gives the name.
  const unfinished = await mkdtemp(join(cache, `chromium-${version}-unfinished-`))
  try {
    await unpack(bin, unfinished)
    await writeFile(join(unfinished, fontsFile), fontsOf(join(folder, "fonts", "fonts")))
    await rename(unfinished, folder)
  } catch (error) {
    if (!(await isThere(folder))) throw error
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return folder
}

/** In a process of its own: the package unpacks into the temporary folder, and takes what it finds there for its own. */
async function unpack(bin: string, folder: string): Promise<void> {
  const script = `
    import { inflate } from "@sparticuz/chromium"
    const archives = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"]
    for (const archive of archives) await inflate(process.argv[1] + "/" + archive)`
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script, bin], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
  })
}

/** The system's fonts where it has some, and the package's: its own configuration looks for them elsewhere. */
const fontsOf = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder}</dir>
</fontconfig>
`

async function versionOf(manifest: string): Promise<{ version: string }> {
  try {
    // The package manager wrote this file: it has a version.
    return JSON.parse(await readFile(manifest, "utf8")) as { version: string }
  } catch (cause) {
    throw new Error(`${npmName}: not installed; run npx pnpm@12 install`, { cause })
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
