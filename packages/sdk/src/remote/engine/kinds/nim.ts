/** NVIDIA NIM: vLLM's routes, as far as a container has them. */
import { isRecord } from "../../../words/Json.ts"
import type { Kind } from "./Kind.ts"
import { modelServer } from "./modelServer.ts"
import { vllmTable } from "./vllm.ts"

export const nim: Kind = {
  answersAs: async ({ find, owners }) => owners !== undefined && isRecord(await find("/v1/metadata")),
  open: (endpoint, remote) => modelServer(endpoint, remote, { ...vllmTable, kind: "nim" }),
}
