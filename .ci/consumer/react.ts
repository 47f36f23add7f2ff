/** What a React app does on its server, with the published packages and nothing else. */
import { strict as assert } from "node:assert"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { FacetProvider, type FacetStatus, useFacet } from "@facet/react-hooks"
import { createElement, type ReactElement } from "react"
import { renderToString } from "react-dom/server"

function Status(): ReactElement {
  const { status }: { status: FacetStatus } = useFacet()
  return createElement("p", null, status)
}

const html = renderToString(createElement(FacetProvider, { autoLoad: true }, createElement(Status)))
assert.match(
  html,
  /^<p>(idle|unsupported)<\/p>$/,
  "the provider opens a model on the server, or renders something else",
)

// ONNX Runtime among them, which a page's server has no use for.
const { sharedObjects } = process.report.getReport() as { readonly sharedObjects: ReadonlyArray<string> }
assert.deepEqual(
  sharedObjects.filter((path) => path.includes("node_modules") && !path.endsWith("/bin/node")),
  [],
  "importing the hooks loads a native library",
)

const entry = await readFile(fileURLToPath(import.meta.resolve("@facet/react-hooks")), "utf8")
assert.match(entry, /^"use client"/, "React's server components would take the hooks for their own")

const styles = await readFile(fileURLToPath(import.meta.resolve("@facet/react-hooks/styles.css")), "utf8")
assert.match(styles, /--facet-/, "the stylesheet is not there")
