/** What Ollama's API tells of a model, as far as it is known here. */
import type { Facet } from "@facet/sdk"
import { tagged } from "./ModelNames.ts"

/** The model is not unloaded by itself. */
const never = "9999-12-31T23:59:59Z"

/** `Gemma 2` is `gemma2` there. */
const familyOf = ({ architecture }: Facet): string => architecture.toLowerCase().replaceAll(/[^a-z0-9]/g, "")

const detailsOf = (facet: Facet) => ({
  parent_model: "",
  format: "",
  family: familyOf(facet),
  families: [familyOf(facet)],
  parameter_size: "",
  quantization_level: (facet.device.precision ?? "").toUpperCase(),
})

/** An entry of `/api/tags`. Sizes and digests are not known here: 0 and empty. */
export const tagOf = (name: string, facet: Facet, since: Date) => ({
  name: tagged(name),
  model: tagged(name),
  modified_at: since.toISOString(),
  size: 0,
  digest: "",
  details: detailsOf(facet),
})

/** An entry of `/api/ps`. */
export const runningOf = (name: string, facet: Facet, since: Date) => ({
  ...tagOf(name, facet, since),
  expires_at: never,
  size_vram: 0,
  context_length: facet.contextLength,
})

/** The answer of `/api/show`. */
export const cardOf = (facet: Facet, since: Date) => ({
  license: "",
  modelfile: "",
  parameters: "",
  template: "",
  system: "",
  messages: [],
  details: detailsOf(facet),
  model_info: {
    "general.architecture": familyOf(facet),
    [`${familyOf(facet)}.context_length`]: facet.contextLength,
  },
  // Clients offer tools only to models that say so.
  capabilities: ["completion", "tools"],
  modified_at: since.toISOString(),
})
