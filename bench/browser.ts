/** What a browser costs: `npx pnpm@12 bench:browser`, or beside others in the same browser `npx pnpm@12 bench:browser --peers`. */
const words = process.argv.slice(2)
if (words.includes("--peers")) {
  const { benchBrowserPeers } = await import("./browserPeers.ts")
  await benchBrowserPeers(words)
} else {
  await import("./browserAlone.ts")
}

export {}
