import { once } from "node:events"
import { createServer } from "node:net"

/** A port of this machine that is free just now: for a server that can be given one, and cannot choose. */
export async function freePort(): Promise<number> {
  const holder = createServer().listen(0, "127.0.0.1")
  await once(holder, "listening")
  const address = holder.address()
  holder.close()
  await once(holder, "close")
  if (address === null || typeof address === "string") throw new Error("There is no free port.")
  return address.port
}
