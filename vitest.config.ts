import { globSync } from "node:fs"
import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { playwright } from "@vitest/browser-playwright"
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config"
import { launchOptions } from "./test/browser/chromium.ts"
import { isCampaign, patience } from "./test/campaign.ts"
import { LongestFirst } from "./test/LongestFirst.ts"

const inRepository = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// Every engine is a thread that loads the SDK's sources anew: what Node compiled once, no thread and no process compiles again.
process.env["NODE_COMPILE_CACHE"] ??= inRepository("node_modules/.cache/compiled")

/** Without a browser the tests on Node still run; those in the browser fail in their set-up, which says what to do. */
const launch = await launchOptions().catch(() => undefined)

/** A package's `*.setup.ts` starts what its browser tests need, such as a server, and provides its address. */
const setupsOf = (packages: string): ReadonlyArray<string> =>
  globSync(`packages/${packages}/test/browser/**/*.setup.ts`, { cwd: inRepository(".") }).map(inRepository)

const inNode: TestProjectInlineConfiguration = {
  test: {
    name: "node",
    include: ["{packages,examples}/*/test/**/*.test.{ts,tsx}", "bench/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.{browser,driven,page}.test.*"],
    environment: "node",
    // A model that a test names and that is not here is looked for nowhere else; tests of downloads have hubs of their own.
    env: { HF_HUB_OFFLINE: "1" },
    // Every engine is a thread with a native runtime of its own: a process for each file keeps them apart.
    pool: "forks",
    // An engine with a thread for each core waits for the others' in loops. With one it waits for its test, and three files
    // fill two cores; a campaign has them all.
    execArgv: isCampaign ? [] : ["--import", new URL("test/oneCore.mjs", import.meta.url).href],
    maxWorkers: isCampaign ? 2 : 3,
    testTimeout: patience,
    hookTimeout: 60_000,
  },
}

/** Tests on Node that drive a browser: they build an app and open it in pages of their own. */
const onPages: TestProjectInlineConfiguration = {
  test: {
    name: "pages",
    include: ["{packages,examples}/*/test/**/*.page.test.ts"],
    environment: "node",
    globalSetup: [inRepository("test/browser/setup.ts")],
    // Beside the tests in the browser, one file of each at a time: a page waits for a worker, and a build for a disk.
    sequence: { groupOrder: 1 },
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
}

interface BrowserProject {
  readonly name: string
  readonly include: ReadonlyArray<string>
  readonly setups: ReadonlyArray<string>
  /** The major version that `react` and `react-dom` are. */
  readonly react: string
  readonly alias?: Record<string, string>
}

const inBrowser = ({
  alias = {},
  include,
  name,
  react: major,
  setups,
}: BrowserProject): TestProjectInlineConfiguration => ({
  plugins: [react()],
  // The folder of the optimised dependencies: React 18's may not be those of React 19.
  cacheDir: inRepository(`node_modules/.vite/${name}`),
  resolve: { alias, conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "development|production"] },
  worker: { format: "es" },
  server: {
    // Cross-origin isolation: WebAssembly has threads only with it.
    headers: {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
      "Cross-Origin-Resource-Policy": "same-origin",
    },
  },
  optimizeDeps: {
    // It finds its WebAssembly beside its module: bundled, it would not.
    exclude: ["onnxruntime-web"],
    // Vite does not follow the start of a worker; a dependency that it meets late reloads the page in mid-test.
    entries: ["packages/sdk/src/index.ts", "packages/sdk/src/**/*.browser.ts", "packages/react-hooks/src/index.ts"],
    include: [
      "react",
      "react-dom",
      "react-dom/client",
      "react-dom/server",
      "react/jsx-runtime",
      "react/jsx-dev-runtime",
      "vitest-browser-react",
      "@ai-sdk/react",
      "ai",
    ],
  },
  test: {
    name,
    include: [...include],
    globalSetup: [inRepository("test/browser/setup.ts"), ...setups],
    provide: { react: major },
    sequence: { groupOrder: 1 },
    // One page at a time, of one project at a time.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright(launch === undefined ? {} : { launchOptions: launch }),
      instances: [{ browser: "chromium", viewport: { width: 1280, height: 800 } }],
    },
  },
})

const react18 = (name: string): string => inRepository(`packages/react-hooks/node_modules/${name}-18`)

export default defineConfig({
  test: {
    // A native runtime that is at work when a file ends is waited for, not killed.
    teardownTimeout: 20_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      inNode,
      inBrowser({
        name: "browser",
        include: ["{packages,examples}/*/test/**/*.browser.test.{ts,tsx}"],
        setups: setupsOf("*"),
        react: "19",
      }),
      inBrowser({
        name: "browser (React 18)",
        include: ["packages/react-hooks/test/**/*.hooks.browser.test.tsx"],
        setups: setupsOf("react-hooks"),
        react: "18",
        alias: { react: react18("react"), "react-dom": react18("react-dom") },
      }),
      onPages,
    ],
  },
})
