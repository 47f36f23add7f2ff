import type { AddressInfo } from "node:net"
import type { Console } from "../Console.ts"

/** Says where the server is, for people, and for programs that asked for it. */
export async function tellAddress(
  { err, out }: Console,
  place: AddressInfo | string,
  { json }: { readonly json: boolean },
): Promise<void> {
  // The path of a socket is between the processes of a server.
  if (typeof place === "string") return
  const { address, family, port } = place
  const host = family === "IPv6" ? `[${address}]` : address
  const url = `http://${host}:${port}`
  await err.writeLine(`Serving at ${url} (OpenAI's API at /v1, Ollama's at /api, the effects at /facet)`)
  if (json) await out.writeLine(JSON.stringify({ url, host: address, port, pid: process.pid }))
}
