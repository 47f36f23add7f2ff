/** The hub in a dedicated worker, as the engine has it: where files can be written synchronously. Driven by `HubClient`. */
import { openAssets } from "../../../src/files/http/openAssets.browser.ts"
import type { ModelFiles } from "../../../src/files/ModelFiles.ts"
import { openRemoteFolder } from "../../../src/files/opfs/openRemoteFolder.browser.ts"
import { openRemoteModel } from "../../../src/models/openRemoteModel.browser.ts"
import { openRemoteScope } from "../../../src/scope/openRemoteScope.browser.ts"
import type { Answer, Call } from "./FilesClient.browser.ts"

let files: ModelFiles | undefined
let controller = new AbortController()

const answer = (message: Answer): void => self.postMessage(message)

self.addEventListener("message", ({ data }: MessageEvent<Call>) => {
  run(data).then(
    (value) => answer({ id: data.id, value }),
    (cause: unknown) => answer({ id: data.id, failure: describe(cause) }),
  )
})

async function run(call: Call): Promise<unknown> {
  const told = {
    onProgress: (progress: object) => answer({ id: call.id, progress }),
    onRestart: (restart: object) => answer({ id: call.id, restart }),
  }
  switch (call.type) {
    case "open":
      controller = new AbortController()
      files = await openRemoteFolder(call.url, { ...call.options, ...told, signal: controller.signal })
      return files.root
    case "openModel": {
      controller = new AbortController()
      const { usualDtype, ...options } = call.options
      const usual = { usualDtype: async () => usualDtype }
      files = await openRemoteModel(call.url, { ...options, ...usual, ...told, signal: controller.signal })
      return files.root
    }
    case "limitStorage":
      navigator.storage.estimate = async () => ({ quota: call.bytes, usage: 0 })
      return undefined
    case "openScope": {
      const scope = await openRemoteScope(call.url, call.given, { ...call.options, ...told })
      files = scope.files
      return { root: scope.root, entries: scope.entries }
    }
    case "openAssets":
      files = openAssets("embedded:model", new Map(Object.entries(call.urls)), told)
      return files.root
    case "abort":
      return controller.abort(new Error("the user has had enough"))
    case "read":
      return opened().readRange(call.name, call.offset, call.length)
    case "text":
      return opened().readText(call.name)
    case "size":
      return opened().size(call.name)
    case "exists":
      return opened().exists(call.name)
    case "isLoaded":
      return true
    case "denyStorage":
      // What Chromium does when the user blocks a site's data; a test cannot press that switch.
      navigator.storage.getDirectory = () => Promise.reject(new DOMException("denied", "SecurityError"))
      return undefined
  }
}

function opened(): ModelFiles {
  if (files === undefined) throw new Error("nothing is open")
  return files
}

function describe(cause: unknown): { readonly name: string; readonly message: string } {
  if (!(cause instanceof Error)) return { name: typeof cause, message: String(cause) }
  return { name: "_tag" in cause ? String(cause._tag) : cause.name, message: cause.message }
}
