/** Drops declarations that no public entry leads to: what no import reaches from outside need not be installed. */
import { existsSync, globSync, readFileSync, rmSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

const root = import.meta.dirname
const { publishConfig } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** All paths of declarations that the exports name, under whatever condition. */
const entriesOf = (exports) =>
  typeof exports === "string"
    ? [exports].filter((path) => path.endsWith(".d.ts"))
    : Object.values(exports ?? {}).flatMap(entriesOf)

const reached = new Set(entriesOf(publishConfig).map((path) => resolve(root, path)))
for (const file of reached) {
  for (const [, address] of readFileSync(file, "utf8").matchAll(/(?:from |import ?\(?)["'](\.[^"']+)["']/g)) {
    const next = resolve(dirname(file), address.replace(/\.(ts|js)$/, ".d.ts"))
    if (existsSync(next)) reached.add(next)
  }
}
for (const name of globSync("dist/**/*.d.ts", { cwd: root })) {
  if (!reached.has(join(root, name))) rmSync(join(root, name))
}
