// Plain JavaScript that old versions of Node can run: it is what they meet first.
const needed = [22, 19]
const found = process.versions.node.split(".").map(Number)

if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  console.error(
    [
      `Facet needs Node ${needed.join(".")} or later; this is Node ${process.versions.node}.`,
      "The workspace brings its own Node, and it is not installed yet. Install it, then run this command again:",
      "",
      "  npx pnpm@12 install",
      "",
    ].join("\n"),
  )
  process.exit(1)
}
