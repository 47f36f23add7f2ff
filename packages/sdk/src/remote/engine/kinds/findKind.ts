import { ServerError } from "../../../words/Errors.ts"
import { isList, isRecord } from "../../../words/Json.ts"
import type { ServerKind } from "../../../words/RemoteModel.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import type { AskedServer } from "./Kind.ts"
import { kinds } from "./kinds.ts"
import { isVertexUrl } from "./vertex.ts"

/**
 * What a server speaks, found out by asking for what only one kind has.
 *
 * @throws ServerError where it speaks nothing that is known
 */
export async function findKind(endpoint: Endpoint, signal: AbortSignal): Promise<ServerKind> {
  const asked = await askServer(endpoint, signal)
  for (const [name, { answersAs }] of Object.entries(kinds)) {
    // The keys of the registry are the kinds' names.
    if ((await answersAs?.(asked)) === true) return name as ServerKind
  }
  throw new ServerError({
    url: endpoint.url,
    problem: "it answers neither as OpenAI's API (/v1/models) nor as Facet's server (/facet) does",
    remedy: "Check the address: it is the server's root, without a path of the API. Or name its `kind`.",
  })
}

async function askServer(endpoint: Endpoint, signal: AbortSignal): Promise<AskedServer> {
  // Who fails at a route that he does not know has no such route.
  const find = (path: string) =>
    endpoint.find(path, undefined, signal).catch((cause: unknown) => {
      if (cause instanceof ServerError) return undefined
      throw cause
    })
  const { url } = endpoint
  if (isVertexUrl(url)) return { url, owners: undefined, find }
  const models = await endpoint.find("/v1/models", undefined, signal)
  const list = isRecord(models) && isList(models["data"]) ? models["data"] : undefined
  return { url, owners: list?.map((model) => (isRecord(model) ? String(model["owned_by"]) : "")), find }
}
