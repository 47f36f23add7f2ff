import type { ServerKind } from "../../words/RemoteModel.ts"
import { isList, isRecord } from "../../words/Json.ts"
import { ServerError } from "../../words/Errors.ts"
import type { Endpoint } from "./Endpoint.ts"

/**
 * What a server speaks, found out by asking for what only one kind has.
 *
 * @throws ServerError where it speaks nothing that is known
 */
export async function findKind(endpoint: Endpoint, signal: AbortSignal): Promise<ServerKind> {
  const models = await endpoint.find("/v1/models", undefined, signal)
  const list = isRecord(models) && isList(models["data"]) ? models["data"] : undefined
  if (list?.some((model) => isRecord(model) && model["owned_by"] === "llamacpp")) return "llama.cpp"
  const facet = await endpoint.find("/facet", undefined, signal)
  if (isRecord(facet) && typeof facet["model"] === "string" && isRecord(facet["device"])) return "facet"
  if (list !== undefined) return "openai"
  throw new ServerError({
    url: endpoint.url,
    problem: "it answers neither as OpenAI's API (/v1/models) nor as Facet's server (/facet) does",
    remedy: "Check the address: it is the server's root, without a path of the API.",
  })
}
