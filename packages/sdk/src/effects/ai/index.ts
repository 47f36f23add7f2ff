/** Effect's own AI services over an open Facet. */
export { FacetConfig, type FacetConfigOptions } from "./FacetConfig.ts"
export { facetDecisionModel } from "./facetDecisionModel.ts"
export { facetLanguageModel } from "./facetLanguageModel.ts"
export { facetTokenizer } from "./facetTokenizer.ts"
