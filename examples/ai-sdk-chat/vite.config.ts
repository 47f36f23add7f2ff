import { defineConfig } from "vite"

export default defineConfig({
  root: "page",
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    // Dependencies mark what servers may not render. Nothing is rendered on a server here.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
})
