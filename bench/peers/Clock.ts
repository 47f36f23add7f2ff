/** What is counted as time. */

export const clockNames = ["wall", "cpu"] as const
export type ClockName = (typeof clockNames)[number]

/**
 * Milliseconds since some moment. `cpu` counts what the processor worked for this process, all its threads together: with
 * one thread at work it is what the wall's clock would say on a machine of one's own.
 */
export const clocks: Readonly<Record<ClockName, () => number>> = {
  wall: () => performance.now(),
  cpu: () => {
    const { system, user } = process.cpuUsage()
    return (system + user) / 1000
  },
}
