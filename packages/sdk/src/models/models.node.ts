/** `@facet/sdk/models`: which models there are, fetching, packing and removing them, for tools that manage them on Node. */
export { describeModel, type ModelFacts } from "./describeModel.node.ts"
export {
  knownModel,
  type KnownModel,
  knownModels,
  licenceTitle,
  type Needs,
  type WeightDtype,
  weightDtypes,
} from "./knownModels.ts"
export { type Located, locateModel, sourceOf } from "./locateModel.node.ts"
export { type PrepareOptions, prepareModel } from "./prepareModel.node.ts"
export { pullModel } from "./pullModel.node.ts"
export { isHere, resolveModel, type ResolveOptions } from "./resolveModel.node.ts"
export { findRemovals, type Removal, removeModel } from "./removeModel.node.ts"
export { type PreparedModel, type StoredModel, type StoredModels, storedModels } from "./storedModels.node.ts"
export { memoryLimit } from "./WeightFacts.node.ts"
export { facetCache } from "../files/hub/facetCache.node.ts"
export { hubCache, isOffline } from "../files/hub/HubSettings.node.ts"
export { type ModelSource, sourceForms } from "../files/hub/ModelSource.ts"
export type { PullOptions, PullPlan } from "../files/hub/PullOptions.ts"
