/** A trace of 4,000 tokens in a page of its own, for figures of how smooth it is. `?grow` appends tokens meanwhile. */
import { useEffect, useState } from "react"
import { createRoot } from "react-dom/client"
import { FeatureTrace } from "../../../../src/components/index.ts"
import "../../../../src/styles.css"
import { longTrace } from "../traces.browser.ts"

const tokens = longTrace(4200)
const isGrowing = new URLSearchParams(location.search).has("grow")

function LongTrace() {
  const [count, setCount] = useState(4000)
  useEffect(() => {
    if (!isGrowing || count >= tokens.length) return
    const timer = setTimeout(() => setCount(count + 2), 20)
    return () => clearTimeout(timer)
  }, [count])
  return <FeatureTrace trace={tokens.slice(0, count)} />
}

const root = document.getElementById("root")
if (root === null) throw new Error("the page has no root")
createRoot(root).render(<LongTrace />)
