/** Checkpoints in, Facet model folders out. */
export type { Checkpoint, CheckpointTensor, PackedRows } from "./Checkpoint.ts"
export { convertModel, type Conversion, type ConvertOptions, type ConvertProgress, type Dtype } from "./convertModel.ts"
export { openCheckpoint } from "./openCheckpoint.ts"
export { openSafetensorsCheckpoint } from "./openSafetensorsCheckpoint.ts"
