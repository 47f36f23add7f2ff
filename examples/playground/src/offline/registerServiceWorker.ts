/** Without one, as under plain http or in a private window, the app needs its server at each visit: nothing else changes. */
export async function registerServiceWorker(): Promise<void> {
  // In development files change, and nothing should be kept.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return
  try {
    await navigator.serviceWorker.register(new URL("sw.js", document.baseURI))
  } catch {
    // The engine's details go on to say that it needs a network.
  }
}
