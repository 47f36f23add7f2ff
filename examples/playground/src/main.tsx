import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import "./styles/index.css"
import { App } from "./App.tsx"
import { registerServiceWorker } from "./offline/registerServiceWorker.ts"
import { applyTheme, storedTheme } from "./theme/theme.ts"

// Before the first paint: no flash of the other one.
applyTheme(storedTheme())
void registerServiceWorker()

const root = document.getElementById("root")
if (root === null) throw new Error("index.html has no element #root")
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
