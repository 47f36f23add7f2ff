/** A developer saves a component while its page is open: React's Fast Refresh runs it anew, and forgets what was memoised. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { createServer, type ViteDevServer } from "vite"
import { afterAll, beforeAll, expect, it } from "vitest"
import { openPage } from "../../../../test/browser/page.ts"

const html = `<!doctype html><link rel="icon" href="data:," /><div id="root"></div><script type="module" src="/main.jsx"></script>`

const main = `import { createRoot } from "react-dom/client"
import { FacetProvider } from "../../../src/index.ts"
import { Story } from "./Story.jsx"

const facet = {
  model: "a model",
  async *stream() {
    yield { type: "text", text: "Once upon a time" }
  },
}
createRoot(document.getElementById("root")).render(<FacetProvider facet={facet}><Story /></FacetProvider>)
`

const story = (title: string): string => `import { useGenerate } from "../../../src/index.ts"

export function Story() {
  const { generate, text } = useGenerate()
  return <main><h1>${title}</h1><button onClick={() => void generate("Hello!")}>Tell</button><p>{text}</p></main>
}
`

let folder: string
let server: ViteDevServer

beforeAll(async () => {
  // Where the package's own dependencies are found.
  folder = await mkdtemp(fileURLToPath(new URL("./.refresh-", import.meta.url)))
  await Promise.all([
    writeFile(join(folder, "index.html"), html),
    writeFile(join(folder, "main.jsx"), main),
    writeFile(join(folder, "Story.jsx"), story("A title")),
  ])
  server = await createServer({
    root: folder,
    configFile: false,
    logLevel: "error",
    plugins: [react()],
    cacheDir: join(folder, ".vite"),
    // A dependency that is found late would reload the page.
    optimizeDeps: {
      exclude: ["onnxruntime-web"],
      include: ["react", "react-dom/client", "react/jsx-dev-runtime", "@ai-sdk/react", "ai"],
    },
    server: { host: "127.0.0.1", port: 0 },
  })
  await server.listen()
})

afterAll(async () => {
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

it("keeps what useGenerate holds", async () => {
  await using visit = await openPage({ webgpu: false })
  const { page, problems } = visit
  await page.goto(server.resolvedUrls?.local[0] ?? "")
  await page.getByRole("button", { name: "Tell" }).click()
  await page.getByText("Once upon a time").waitFor()
  await writeFile(join(folder, "Story.jsx"), story("Another title"))
  await page.getByRole("heading", { name: "Another title" }).waitFor()
  expect(await page.locator("p").innerText()).toBe("Once upon a time")
  expect(problems).toEqual([])
})
