/// <reference lib="webworker" />
/**
 * Keeps the app for visits without a network: the page at once, the embedded model when the page says that somebody
 * loaded it. The build puts the list of its files, `files`, in front of this script.
 */
import type { BuiltFiles } from "./BuiltFiles.ts"
import type { KeepMessage } from "./KeepMessage.ts"

declare const files: BuiltFiles
// TypeScript takes `self` for a window's: this script runs nowhere else.
const worker = self as unknown as ServiceWorkerGlobalScope

/** One for each build: a page never gets files of two. */
const pageCache = `facet-page-${files.version}`
/** One for all builds, as names say what is in these files: a new build fetches only what has changed. */
const modelCache = "facet-model"
const home = "index.html"

const addressOf = (path: string): string => new URL(path, worker.registration.scope).href
const pageAddresses = new Set(files.page.map(addressOf))
const modelAddresses = new Set([...files.model, ...files.engines.wasm, ...files.engines.webgpu].map(addressOf))

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(pageCache).then((cache) =>
      // Past the HTTP cache, which may have the page of an earlier build.
      cache.addAll([...pageAddresses].map((address) => new Request(address, { cache: "reload" }))),
    ),
  )
})

worker.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => worker.clients.claim()))
})

async function forgetOthers(): Promise<void> {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith("facet-page-") && name !== pageCache)
  await Promise.all(old.map((name) => caches.delete(name)))
  const cache = await caches.open(modelCache)
  const kept = await cache.keys()
  await Promise.all(kept.filter(({ url }) => !modelAddresses.has(url)).map((request) => cache.delete(request)))
}

worker.addEventListener("fetch", (event) => {
  const { request } = event
  if (request.method !== "GET") return
  const { origin, pathname } = new URL(request.url)
  const address = origin + pathname
  if (request.mode === "navigate") {
    if (address === worker.registration.scope || address === addressOf(home)) event.respondWith(openHome(request))
  } else if (pageAddresses.has(address)) event.respondWith(fromPage(address, request))
  else if (modelAddresses.has(address)) event.respondWith(fromModel(address, request))
})

/** With a network it is the newest page; its files' names are its own, so those of an older one do no harm. */
async function openHome(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (cause) {
    const kept = await (await caches.open(pageCache)).match(addressOf(home))
    if (kept === undefined) throw cause
    return kept
  }
}

const fromPage = async (address: string, request: Request): Promise<Response> =>
  (await (await caches.open(pageCache)).match(address)) ?? fetch(request)

async function fromModel(address: string, request: Request): Promise<Response> {
  const cache = await caches.open(modelCache)
  const kept = await cache.match(address)
  if (kept !== undefined) return kept
  const response = await fetch(request)
  // No room to keep it is no reason not to have it.
  if (response.status === 200) void cache.put(address, response.clone()).catch(() => {})
  return response
}

worker.addEventListener("message", (event: ExtendableMessageEvent) => {
  // Messages come from this app's own page alone.
  const { device } = event.data as KeepMessage
  event.waitUntil(
    keepModel(device).then(
      () => event.ports[0]?.postMessage(true),
      () => event.ports[0]?.postMessage(false),
    ),
  )
})

async function keepModel(device: KeepMessage["device"]): Promise<void> {
  const cache = await caches.open(modelCache)
  for (const path of [...files.model, ...files.engines[device]]) {
    const address = addressOf(path)
    if ((await cache.match(address)) === undefined) await cache.add(address)
  }
}
