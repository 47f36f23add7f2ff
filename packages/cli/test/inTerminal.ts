/** The command in a terminal of its own, which Python makes. */
import { spawn, spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

/** What the command left on the screen, and how it ended. */
export interface Shown {
  readonly code: number | null
  readonly seen: string
}

const python = process.env["PYTHON"] ?? "python3"

/** Runs the command in a terminal of its own: `[wait for this text, then type that]`, and `\x03` for Ctrl-C. */
export const inTerminal = (
  steps: ReadonlyArray<readonly [awaited: string, typed: string]>,
  words: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
): Promise<Shown> =>
  new Promise((resolve) => {
    const script = `
import json, os, pty, select, sys, time
steps, argv = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(argv[0], argv)
seen, at, until = "", 0, time.time() + 40
def read(wait):
    global seen
    ready, _, _ = select.select([fd], [], [], wait)
    if not ready: return True
    try: data = os.read(fd, 65536)
    except OSError: return False
    seen += data.decode("utf8", "replace")
    return bool(data)
alive = True
for awaited, typed in steps:
    while alive and awaited not in seen[at:] and time.time() < until: alive = read(.1)
    at = len(seen)
    if alive: os.write(fd, typed.encode())
while alive and time.time() < until: alive = read(.1)
if alive: os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "seen": seen}))`
    const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
    const child = spawn(python, ["-c", script, JSON.stringify(steps), process.execPath, main, ...words], {
      env: { ...process.env, TERM: "xterm", ...env },
      stdio: ["ignore", "pipe", "inherit"],
    })
    let said = ""
    child.stdout.on("data", (data) => (said += String(data)))
    child.on("close", () => resolve(JSON.parse(said)))
  })

/** Whether there is a Python that can. */
export const hasTerminals = spawnSync(python, ["-c", "import pty"]).status === 0
