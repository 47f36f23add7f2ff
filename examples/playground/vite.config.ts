import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"
import { offline } from "./offline/plugin.ts"

/** Cross-origin isolation: WebAssembly has threads only with it. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
}

export default defineConfig({
  // Relative addresses: the built app may lie in any folder of a site.
  base: "./",
  plugins: [react(), offline()],
  worker: { format: "es" },
  // It finds its WebAssembly beside its module: bundled, it would not.
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  server: { headers },
  preview: { headers },
  build: {
    // A Content-Security-Policy need not allow data: addresses then.
    assetsInlineLimit: 0,
    // Dependencies mark what servers may not render. Nothing is rendered on a server here.
    rolldownOptions: { checks: { moduleLevelDirective: false, pluginTimings: false } },
  },
})
