/** What a kind of server is. One more is one file beside this one and a line of the registry. */
import type { RemoteModel } from "../../../words/RemoteModel.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import type { Server } from "../Server.ts"

export interface Kind {
  /** Whether a server is one. Left out: it has to be named. */
  readonly answersAs?: (asked: AskedServer) => boolean | Promise<boolean>
  readonly open: (endpoint: Endpoint, remote: RemoteModel) => Server
}

/** A server whose kind is asked for. */
export interface AskedServer {
  readonly url: string
  /** Who owns the models in its list, as it says: most servers give their own name. Undefined where it has no list. */
  readonly owners: ReadonlyArray<string> | undefined
  /** What it answers to a GET; undefined where it has no such route, or gives no JSON. */
  readonly find: (path: string) => Promise<unknown>
}
