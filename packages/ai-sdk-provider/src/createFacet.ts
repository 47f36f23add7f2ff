import { InvalidArgumentError, NoSuchModelError } from "@ai-sdk/provider"
import { FacetDecisionModel } from "./FacetDecisionModel.ts"
import { FacetEmbeddingModel } from "./FacetEmbeddingModel.ts"
import { FacetLanguageModel } from "./FacetLanguageModel.ts"
import type { FacetAiProvider } from "./FacetAiProvider.ts"
import type { FacetProviderSettings } from "./FacetProviderSettings.ts"
import { OpenModels } from "./OpenModels.ts"

/**
 * Makes a provider.
 *
 * @throws InvalidArgumentError for a setting that does not exist
 * @example
 * const provider = createFacet({ facet: { model: "google/gemma-2-2b-it", threads: 4 } })
 * const { text } = await generateText({ model: provider(), prompt: "Tell me a story about a fox." })
 * await provider.dispose()
 */
export function createFacet(settings: FacetProviderSettings = {}): FacetAiProvider {
  checkSettings(settings)
  const models = new OpenModels(settings)

  const languageModel = (modelId?: string) => {
    return new FacetLanguageModel("facet.chat", models.text(modelId, "languageModel"))
  }
  const provider = function facet(modelId?: string) {
    if (new.target) throw new Error("A provider of Facet is called without `new`: facet().")
    return languageModel(modelId)
  }
  const none = (modelType: NoSuchModelError["modelType"]) => (modelId: string) => {
    throw new NoSuchModelError({ modelId, modelType })
  }
  return Object.assign(provider, {
    specificationVersion: "v4" as const,
    languageModel,
    decisionModel: (modelId?: string) =>
      new FacetDecisionModel("facet.decision", models.text(modelId, "decisionModel")),
    embeddingModel: (modelId?: string) =>
      new FacetEmbeddingModel("facet.embedding", models.text(modelId, "embeddingModel")),
    imageModel: none("imageModel"),
    transcriptionModel: none("transcriptionModel"),
    speechModel: none("speechModel"),
    rerankingModel: none("rerankingModel"),
    dispose: () => models.dispose(),
    [Symbol.asyncDispose]: () => models.dispose(),
  })
}

/**
 * The provider with all defaults: `facet()` is the embedded model, `facet("google/gemma-2-2b-it")` the one of that id.
 *
 * @example
 * const { text } = await generateText({ model: facet(), prompt: "Tell me a story about a fox." })
 */
export const facet: FacetAiProvider = createFacet()

const known = ["facet", "model"] as const satisfies ReadonlyArray<keyof FacetProviderSettings>

function checkSettings(settings: FacetProviderSettings): void {
  const given: unknown = settings
  if (typeof given !== "object" || given === null) {
    throw new InvalidArgumentError({
      argument: "settings",
      message: `settings: pass an object of ${known.join(", ")}.`,
    })
  }
  const unknown = Object.keys(given).find((key) => !known.some((name) => name === key))
  if (unknown !== undefined) {
    const message = `${unknown}: there is no such setting. There are: ${known.join(", ")}. What \`Facet.open\` takes goes into \`facet\`.`
    throw new InvalidArgumentError({ argument: unknown, message })
  }
  const { facet: shared, model }: { readonly facet?: unknown; readonly model?: unknown } = settings
  if (model !== undefined && (typeof model !== "string" || model === "")) {
    throw new InvalidArgumentError({ argument: "model", message: "model: it is not a path or an id. Pass a text." })
  }
  if (shared !== undefined && (typeof shared !== "object" || shared === null)) {
    throw new InvalidArgumentError({
      argument: "facet",
      message: "facet: pass an open Facet, or the options to open one with.",
    })
  }
}
