import { useFacet } from "@facet/react-hooks"
import { useEffect, useState } from "react"
import type { KeepMessage } from "./KeepMessage.ts"

/** Whether the app opens, and its embedded model runs, without a network. Becomes true a while after the model is ready. */
export function useOffline(): boolean {
  const { device, isRemote, model } = useFacet()
  const [isKept, setIsKept] = useState(false)
  const name = isRemote || model !== "tiny" ? undefined : device?.name
  useEffect(() => {
    if (name !== "wasm" && name !== "webgpu") return
    let isCurrent = true
    void keep({ device: name }).then((done) => {
      if (isCurrent) setIsKept(done)
    })
    return () => {
      isCurrent = false
    }
  }, [name])
  return isKept
}

async function keep(message: KeepMessage): Promise<boolean> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return false
  const { active } = await navigator.serviceWorker.ready
  if (active === null) return false
  const { port1, port2 } = new MessageChannel()
  return new Promise((done) => {
    port1.addEventListener("message", ({ data }) => {
      port1.close()
      done(data === true)
    })
    port1.start()
    active.postMessage(message, [port2])
  })
}
