/** Models behind servers, as options of a command. */
import { type RemoteModel, type ServerKind, serverKinds } from "@facet/sdk/words"
import type { OptionSpecs, Values } from "./Options.ts"
import { UsageError } from "./UsageError.ts"

export const serverOptions = {
  url: { kind: "text", value: "URL", about: "a server that runs the model: the key is taken from FACET_API_KEY" },
  kind: { kind: "text", value: "K", about: `what it speaks: ${serverKinds.join(", ")} (default: it is asked)` },
  remoteModel: { kind: "text", value: "NAME", about: "the model's name on the server (default: its only one)" },
} as const satisfies OptionSpecs

export const shieldServerOptions = {
  shieldUrl: { kind: "text", value: "URL", about: "a server that runs the model that judges" },
  shieldKind: { kind: "text", value: "K", about: "what that one speaks (default: it is asked)" },
  shieldRemoteModel: { kind: "text", value: "NAME", about: "the judging model's name there (default: its only one)" },
} as const satisfies OptionSpecs

type Given<Specs extends OptionSpecs> = {
  readonly [K in keyof Specs]: Values<Specs>[K] | undefined
}

/**
 * The server, where one was named.
 *
 * @throws UsageError for a kind that nobody knows, a model that is named twice, and what says nothing without a server
 */
export function readServer(
  { kind, remoteModel, url }: Given<typeof serverOptions>,
  model: string | undefined,
): RemoteModel | undefined {
  const server = serverAt({ url: ["--url", url], kind: ["--kind", kind], model: ["--remote-model", remoteModel] })
  if (server !== undefined && model !== undefined) {
    throw new UsageError("--model runs here and --url on a server: choose one of them.")
  }
  return server
}

/**
 * The server of the model that judges, where one was named.
 *
 * @throws UsageError as `readServer` does
 */
export const readShieldServer = ({
  shieldKind,
  shieldRemoteModel,
  shieldUrl,
}: Given<typeof shieldServerOptions>): RemoteModel | undefined =>
  serverAt({
    url: ["--shield-url", shieldUrl],
    kind: ["--shield-kind", shieldKind],
    model: ["--shield-remote-model", shieldRemoteModel],
  })

/**
 * The server of a command that judges and does nothing else: either name of a flag says the same.
 *
 * @throws UsageError as `readServer` does, and for a flag that is given by both names
 */
export function readJudge(
  given: Given<typeof serverOptions & typeof shieldServerOptions>,
  model: string | undefined,
): RemoteModel | undefined {
  const { kind, remoteModel, shieldKind, shieldRemoteModel, shieldUrl, url } = given
  const pairs = { url: [url, shieldUrl], kind: [kind, shieldKind], "remote-model": [remoteModel, shieldRemoteModel] }
  for (const [name, pair] of Object.entries(pairs)) {
    if (pair.includes(undefined)) continue
    throw new UsageError(`--${name} and --shield-${name} both speak of the server that judges: give one of them.`)
  }
  const own = { kind: kind ?? shieldKind, remoteModel: remoteModel ?? shieldRemoteModel }
  return readServer({ url: url ?? shieldUrl, ...own }, model)
}

/** A flag, and what was given with it. */
type Flag = readonly [name: string, given: string | undefined]

interface ServerFlags {
  readonly url: Flag
  readonly kind: Flag
  readonly model: Flag
}

/** A key is no argument, as arguments are seen by everybody on the machine. */
function serverAt({ kind, model, url: [flag, url] }: ServerFlags): RemoteModel | undefined {
  if (url === undefined) {
    const idle = [kind, model].find(([, given]) => given !== undefined)
    if (idle !== undefined) throw new UsageError(`${idle[0]} says something of a server: add ${flag}.`)
    return undefined
  }
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
    // The address itself is not shown: a password may stand in it.
    throw new UsageError(`${flag} takes an address such as http://127.0.0.1:8080`)
  }
  const auth = process.env["FACET_API_KEY"]
  return {
    url,
    ...(auth !== undefined && auth !== "" && { auth }),
    ...(kind[1] !== undefined && { kind: checkedKind(kind[0], kind[1]) }),
    ...(model[1] !== undefined && { model: model[1] }),
  }
}

function checkedKind(flag: string, text: string): ServerKind {
  const known = serverKinds.find((kind) => kind === text)
  if (known === undefined) throw new UsageError(`${flag} takes ${serverKinds.join(", ")}, not "${text}"`)
  return known
}
