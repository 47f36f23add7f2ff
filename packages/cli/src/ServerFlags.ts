/** Models behind servers, as options of a command. */
import { type RemoteModel, type ServerKind, serverKinds } from "@facet/sdk/words"
import type { OptionSpecs, Values } from "./Options.ts"
import { UsageError } from "./UsageError.ts"

export const serverOptions = {
  url: { kind: "text", value: "URL", about: "a server that runs the model: the key is taken from FACET_API_KEY" },
  kind: { kind: "text", value: "K", about: `what it speaks: ${serverKinds.join(", ")} (default: it is asked)` },
  remoteModel: { kind: "text", value: "NAME", about: "the model's name on the server (default: its only one)" },
} as const satisfies OptionSpecs

export const shieldServerOption = {
  shieldUrl: { kind: "text", value: "URL", about: "a server that runs the model that judges" },
} as const satisfies OptionSpecs

type Given = {
  readonly [K in keyof typeof serverOptions]: Values<typeof serverOptions>[K] | undefined
}

/**
 * The server, where one was named.
 *
 * @throws UsageError for a kind that nobody knows, a model that is named twice, and what says nothing without a server
 */
export function readServer({ kind, remoteModel, url }: Given, model: string | undefined): RemoteModel | undefined {
  if (url === undefined) {
    const [flag] = [kind === undefined ? [] : ["--kind"], remoteModel === undefined ? [] : ["--remote-model"]].flat()
    if (flag !== undefined) throw new UsageError(`${flag} says something of a server: add --url.`)
    return undefined
  }
  if (model !== undefined) throw new UsageError("--model runs here and --url on a server: choose one of them.")
  return {
    ...serverAt("--url", url),
    ...(kind !== undefined && { kind: checkedKind(kind) }),
    ...(remoteModel !== undefined && { model: remoteModel }),
  }
}

/** @throws UsageError for what is no address */
export const shieldServer = (url: string): RemoteModel => serverAt("--shield-url", url)

/** A key is no argument, as arguments are seen by everybody on the machine. */
function serverAt(flag: string, url: string): RemoteModel {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
    throw new UsageError(`${flag} takes an address such as http://127.0.0.1:8080, not "${url}"`)
  }
  const auth = process.env["FACET_API_KEY"]
  return { url, ...(auth !== undefined && auth !== "" && { auth }) }
}

function checkedKind(text: string): ServerKind {
  const known = serverKinds.find((kind) => kind === text)
  if (known === undefined) throw new UsageError(`--kind takes ${serverKinds.join(", ")}, not "${text}"`)
  return known
}
