/** Checkpoints in, Facet model folders out. */
export type { Checkpoint, CheckpointTensor, PackedRows } from "./Checkpoint.ts"
export type { ConversionTarget, TargetFile } from "./ConversionTarget.ts"
export type { ConvertProgress } from "./ConversionMeter.ts"
export type { Conversion, ConversionOptions, Origin } from "./convertCheckpoint.ts"
export { convertFiles, type FilesSource } from "./convertFiles.ts"
export { convertModel } from "./convertModel.ts"
export type { ConvertOptions } from "./ConvertOptions.ts"
export { type FileSum, type Manifest, manifestFile } from "./Manifest.ts"
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
export { openKerasCheckpoint } from "./keras/openKerasCheckpoint.ts"
export { openSbsCheckpoint } from "./sbs/openSbsCheckpoint.ts"
