/**
 * What of `@facet/sdk/folders` needs no disk, and all of it in a browser: reading model folders, for tools that make and
 * change them. Which tensors a model has is its architecture's table; how they are packed is what the engine reads.
 */
export type { Architecture } from "./Architecture.ts"
export type { ModelTensors } from "./locateTensors.ts"
export { areSameBytes, openTensors } from "./openTensors.ts"
export { type Model, readModel } from "./readModel.ts"
export { architectures } from "./architectures.ts"
export { openSafetensorsFile } from "../files/openSafetensors.ts"
export { ggufName, type GgufSpelling } from "./GgufSpelling.ts"
export { Fields } from "../files/Fields.ts"
export { dequantise } from "../files/gguf/dequantise.ts"
export { ggufBlock, type GgufEncoding, ggufEncodings } from "../files/gguf/GgufEncoding.ts"
export { type GgufEntry, type GgufLayout, type GgufPlan, layOutGguf } from "../files/gguf/layOutGguf.ts"
export type { GgufFile, GgufTensor, GgufValue } from "../files/gguf/openGguf.ts"
export { openGgufParts } from "../files/gguf/openGgufParts.ts"
export { packedLayout, repackBlocks } from "../files/gguf/repackBlocks.ts"
export { type FloatDtype, toFloat32 } from "../files/toFloat32.ts"
export {
  chatTemplateFile,
  configFile,
  generationConfigFile,
  singleWeights,
  tokenizerConfigFile,
  tokenizerFile,
  weightsIndex,
} from "../files/ModelFileNames.ts"
export { headName } from "../graph/ModelConfig.ts"
export { isJsonObject, type JsonObject, type ModelFiles, readJsonObject } from "../files/ModelFiles.ts"
export {
  blocksOf,
  dequantiseMatrix,
  type ErrorFeedback,
  type Measured,
  type QuantisedMatrix,
  quantiseMatrix,
} from "../files/Quantisation.ts"
export { OutputLevels } from "../files/OutputLevels.ts"
export { layOutSafetensors, type SafetensorsLayout, type TensorPlan } from "../files/layOutSafetensors.ts"
export {
  blockSizes,
  int8Name,
  int8ScaleName,
  type Dtype,
  isMatrix,
  type Quantization,
  quantizationBits,
  quantizationOf,
  type TensorLocation,
  type TensorLocations,
  type TensorSpec,
} from "../words/Tensors.ts"
