import { spawn } from "node:child_process"

/** Runs a command to its end; what it printed is the error's message when it failed. */
export const run = (command, args, { cwd, env = process.env } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    const out = []
    const all = []
    child.stdout.on("data", (chunk) => (out.push(chunk), all.push(chunk)))
    child.stderr.on("data", (chunk) => all.push(chunk))
    child.on("error", reject)
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(text(out))
      reject(new Error(`${[command, ...args].join(" ")}\nended with ${signal ?? `exit code ${code}`}\n\n${text(all)}`))
    })
  })

const text = (chunks) => Buffer.concat(chunks).toString("utf8")

/** The pnpm that runs this script; by itself, the one that the workspace is written for. */
export const pnpm = (args, options) => {
  const running = process.env.npm_execpath ?? ""
  if (!/pnpm[^/\\]*$/.test(running)) return run("npx", ["-y", "pnpm@12", ...args], options)
  return running.endsWith("js") ? run(process.execPath, [running, ...args], options) : run(running, args, options)
}
