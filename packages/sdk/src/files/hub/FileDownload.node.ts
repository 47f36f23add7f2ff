/** One file of a download. */
import type { DownloadMeter } from "../http/DownloadMeter.ts"
import type { HttpBody, HttpSource } from "../http/HttpSource.ts"
import type { Connections } from "./Connections.node.ts"
import type { PartialDownload } from "./PartialDownload.node.ts"
import type { ContentHash } from "./readEtag.ts"

/** What is fetched, and where it goes. */
export interface FileDownload {
  readonly source: HttpSource
  /** In the source's folder. */
  readonly name: string
  /** Where it will lie. */
  readonly target: string
  /** What a list of the source says of it; nothing else is accepted then. */
  readonly size?: number | undefined
  readonly hash?: ContentHash | undefined
  readonly meter: DownloadMeter
  readonly signal?: AbortSignal | undefined
  /** So many bytes are asked for at once of a file that is large. Default 16 MiB. */
  readonly rangeBytes?: number | undefined
}

/** A file while it is fetched. */
export interface Receiving extends Omit<FileDownload, "target"> {
  readonly partial: PartialDownload
  /** Of all files that are fetched together. */
  readonly connections: Connections
  /** @throws DownloadError when an answer names other content than is expected. */
  readonly checkIdentity: (body: HttpBody) => void
}
