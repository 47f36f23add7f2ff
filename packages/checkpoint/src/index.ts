/** Checkpoints in, Facet model folders out. */
export type { Checkpoint, CheckpointTensor, PackedRows } from "./Checkpoint.ts"
export {
  convertModel,
  type Conversion,
  type ConvertOptions,
  type ConvertProgress,
  type Origin,
} from "./convertModel.ts"
export { type Manifest, manifestFile } from "./Manifest.ts"
export { openCheckpoint } from "./openCheckpoint.ts"
export { openSafetensorsCheckpoint } from "./openSafetensorsCheckpoint.ts"
export {
  type Block,
  blocks,
  type Dtype,
  dtypes,
  type ModelDtype,
  modelDtypes,
  type PackingOptions,
  usual,
} from "./Packing.ts"
export { openGgufCheckpoint } from "./gguf/openGgufCheckpoint.ts"
