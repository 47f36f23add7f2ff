/** What a fleet and its workers tell each other. */
import { isRecord } from "@facet/sdk/words"

export type FromWorker =
  /** It listens, and the model is open. */
  | { readonly type: "ready" }
  /** It takes more memory than it may, and asks to be replaced. */
  | { readonly type: "full" }
  /** Somebody else has told it to end: it takes no more requests. */
  | { readonly type: "stopping" }
  /** Its figures, as a scraper reads them: when they are asked for, and at its end. */
  | { readonly type: "figures"; readonly text: string }

export type ToWorker =
  | { readonly type: "figures" }
  /** It is to end when what runs is answered, or after so long. */
  | { readonly type: "stop"; readonly graceMs: number }

/** Names the socket of a worker's in its environment. */
export const socketVariable = "FACET_SERVE_SOCKET"

/** Bears the address of whoever asked. Clients cannot set it: the fleet takes theirs away. */
export const peerHeader = "x-facet-peer"

export const isFromWorker = (message: unknown): message is FromWorker =>
  isRecord(message) &&
  (["ready", "full", "stopping"].includes(String(message["type"])) ||
    (message["type"] === "figures" && typeof message["text"] === "string"))

export const isToWorker = (message: unknown): message is ToWorker =>
  isRecord(message) &&
  (message["type"] === "figures" || (message["type"] === "stop" && typeof message["graceMs"] === "number"))
