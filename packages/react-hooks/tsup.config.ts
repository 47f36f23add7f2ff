import { copyFile, mkdir } from "node:fs/promises"
import { join } from "node:path"
import { defineConfig, type Options } from "tsup"

/** Lays the style sheet beside what is built, wherever that is. */
const styles: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "styles",
  setup: (build) => {
    const { outdir = "dist" } = build.initialOptions
    build.onEnd(async () => {
      await mkdir(outdir, { recursive: true })
      for (const name of ["styles.css", "styles.css.d.ts"]) await copyFile(`src/${name}`, join(outdir, name))
    })
  },
}

export default defineConfig({
  // Each file stays a file: a bundler can leave out files that a page has no use for, and not what one file holds.
  entry: ["src/**/*.{ts,tsx}", "!src/**/*.d.ts"],
  format: "esm",
  target: "es2022",
  platform: "neutral",
  splitting: true,
  clean: true,
  sourcemap: false,
  // Hooks run where there is a page: React's server components take the whole package as the client's.
  banner: { js: '"use client"' },
  esbuildOptions: (options) => {
    options.jsx = "automatic"
  },
  // tsup cannot make types with TypeScript 7: tsc does.
  dts: false,
  esbuildPlugins: [styles],
})
