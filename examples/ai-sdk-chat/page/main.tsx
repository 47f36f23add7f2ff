import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { Chat } from "./Chat.tsx"
import "./style.css"

const root = document.querySelector("#root")
if (root === null) throw new Error("The page has no #root.")
createRoot(root).render(
  <StrictMode>
    <Chat />
  </StrictMode>,
)
