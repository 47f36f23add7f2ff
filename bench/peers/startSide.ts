/** The near end of a side that runs in a process of its own, so that its memory and its threads are its own. */
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { ClockName } from "./Clock.ts"
import { otherWork, settle, waitForCalm } from "./Load.ts"
import type { Opening, Sample, SideName, Task } from "./Task.ts"

export type Question =
  | { readonly type: "open"; readonly side: SideName; readonly opening: Opening }
  | { readonly type: "measure"; readonly task: Task; readonly lag: boolean }
  | { readonly type: "describe" }
  | { readonly type: "close" }

export type Answer =
  | { readonly type: "measured"; readonly sample: Sample }
  | { readonly type: "described"; readonly settings: string; readonly version: string }
  | { readonly type: "failed"; readonly problem: string }

/** What a side measured, and how much of the processor's time others took meanwhile: 0 to 1, where that is known. */
export interface Measured {
  readonly sample: Sample
  readonly disturbance: number | undefined
}

export interface RunningSide {
  readonly name: SideName
  readonly open: (opening: Opening) => Promise<Measured>
  readonly measure: (task: Task, lag?: boolean) => Promise<Measured>
  readonly describe: () => Promise<{ readonly settings: string; readonly version: string }>
  /** Closes what is open and ends the process. */
  readonly end: () => Promise<void>
}

/** How long a side waits for others to be done; where they never are, the figures say so. */
const patienceMs = 600

export function startSide(name: SideName): RunningSide {
  const child = fork(fileURLToPath(new URL("sideProcess.ts", import.meta.url)), [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  // Whoever asks next is told.
  child.on("error", () => undefined)
  const ask = (question: Question): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (!child.connected) return reject(new Error(`${name} has ended`))
      const onExit = (code: number | null): void =>
        reject(
          new Error(
            `${name} ended with ${code ?? "a signal, which is how a system without memory ends what it picks"}`,
          ),
        )
      child.once("exit", onExit)
      child.once("message", (reply: Answer) => {
        child.off("exit", onExit)
        if (reply.type === "failed") reject(new Error(`${name}: ${reply.problem}`))
        else resolve(reply)
      })
      child.send(question, (error) => error !== null && reject(error))
    })
  let clock: ClockName = "wall"
  const measured = async (question: Question): Promise<Measured> => {
    await waitForCalm(patienceMs)
    const disturbance = await otherWork(child.pid)
    const reply = await ask(question)
    if (reply.type !== "measured") throw new Error(`${name} answered with ${reply.type}`)
    if (question.type === "open") clock = question.opening.clock
    const share = await disturbance()
    const result = { sample: reply.sample, disturbance: clock === "wall" ? share : undefined }
    // What a side does on its own account afterwards must not disturb the next one.
    await settle(child.pid)
    return result
  }
  return {
    name,
    open: (opening) => measured({ type: "open", side: name, opening }),
    measure: (task, lag = false) => measured({ type: "measure", task, lag }),
    describe: async () => {
      const reply = await ask({ type: "describe" })
      if (reply.type !== "described") throw new Error(`${name} answered with ${reply.type}`)
      return reply
    },
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = new Promise((resolve) => child.once("exit", resolve))
      await ask({ type: "close" }).catch(() => undefined)
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill(), 5000)
      await exited
      clearTimeout(timer)
    },
  }
}
