/**
 * What things cost: `npx pnpm@12 bench [--model FOLDER] [--shield FOLDER] [--scope FOLDER] [--rounds N]`, or beside others
 * `npx pnpm@12 bench --peers` (`--peers --help` says how).
 */
const words = process.argv.slice(2)
if (words.includes("--peers")) {
  const { runPeers } = await import("./peers/runPeers.ts")
  process.exitCode = await runPeers(words)
} else if (words.includes("--traces")) {
  const { benchTraces } = await import("./benchTraces.ts")
  await benchTraces(words)
} else {
  const { benchAlone } = await import("./benchAlone.ts")
  await benchAlone(words)
}

export {}
