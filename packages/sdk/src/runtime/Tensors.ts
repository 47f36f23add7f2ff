import type { Tensor } from "onnxruntime-common"

/** What a run takes and gives, by the graph's names. */
export type Tensors = Readonly<Record<string, Tensor>>
