/** `facet scope`: the autoencoders of Gemma Scope. */
import { siteNames } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import { scopeOption } from "../InterventionFlags.ts"
import { jsonOption } from "../Options.ts"
import { listSaes } from "../scope/listSaes.ts"
import { makeDashboards } from "../scope/makeDashboards.ts"
import { pullOne } from "../scope/pullOne.ts"
import { pullSourceLabels } from "../scope/pullSourceLabels.ts"
import { removeOne } from "../scope/removeOne.ts"
import type { ScopeAction } from "../scope/ScopeAction.ts"
import { searchFeatures } from "../scope/searchFeatures.ts"
import { showOne } from "../scope/showOne.ts"
import { UsageError } from "../UsageError.ts"

const actions: Readonly<Record<string, ScopeAction>> = {
  list: listSaes,
  show: showOne,
  pull: pullOne,
  rm: removeOne,
  labels: pullSourceLabels,
  dashboard: makeDashboards,
  search: searchFeatures,
}

const options = {
  model: { kind: "text", value: "M", about: "the model that they are for, such as google/gemma-2-2b-it" },
  layer: { kind: "number", value: "L", about: "the layer, from 0" },
  site: { kind: "text", value: "S", about: `${siteNames.join(", ")} (default: resid_post)` },
  width: { kind: "text", value: "W", about: "features, such as 16k (default: the fewest)" },
  l0: {
    kind: "number",
    value: "N",
    about: "features that are active at a token; the nearest is taken (default: canonical)",
  },
  ...scopeOption,
  features: { kind: "text", value: "I,J", about: "dashboard: which features (default: all that fire)" },
  texts: { kind: "number", value: "N", about: "dashboard: at most so many texts" },
  out: { kind: "text", value: "FILE", about: "dashboard: where they are written" },
  format: {
    kind: "text",
    value: "F",
    about: "dashboard: facet (default), or neuronpedia, as SAEDashboard writes them",
  },
  on: { kind: "text", value: "FILE", about: "search: texts on which a feature fires" },
  off: { kind: "text", value: "FILE", about: "search: texts on which it does not" },
  top: { kind: "number", value: "K", about: "search: at most so many features (default 20)" },
  here: { kind: "switch", about: "list: those on this machine" },
  yes: { kind: "switch", about: "pull, rm: do not ask" },
  ...jsonOption,
} as const

export const scope = defineCommand(
  {
    name: "scope",
    operand: "ACTION [NAME]",
    takes: "names",
    summary: "list and fetch Gemma Scope's autoencoders, search their features and make dashboards",
    options,
    examples: [
      [`scope list`, "the releases, what they were trained on, how many and how large"],
      [`scope list --model google/gemma-2-2b --layer 20`, "all of one layer, with widths and L0"],
      [`scope show 20-gemmascope-res-16k --model google/gemma-2-2b`, "its other names, its size, where it lies"],
      [`scope pull gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical`, "into Hugging Face's cache"],
      [`scope pull --model google/gemma-2-2b-it --layer 20`, "the canonical one of a layer"],
      [`scope labels gemma-2-2b/20-gemmascope-res-16k`, "fetch what Neuronpedia says of its features"],
      [`scope search "night"`, "features by their labels"],
      [`scope search --on dogs.txt --off others.txt`, "features that fire on some texts and not on others"],
      [`scope dashboard corpus.jsonl --features 12,40 --out dashboards.json`, "where they fire; may be interrupted"],
      [`scope rm gemma-2-2b/20-gemmascope-res-16k --yes`, "remove it there"],
    ],
  },
  async (console, action, values, [name]) => {
    const known = Object.hasOwn(actions, action) ? actions[action] : undefined
    if (known === undefined) {
      throw new UsageError(`scope takes one of ${Object.keys(actions).join(", ")}, not "${action}"`)
    }
    return known(console, name, values)
  },
)
