// A page that requires Trusted Types: it starts the worker itself, by an address that its own policy made.
import { use } from "./use.js"

// oxlint-disable-next-line no-restricted-imports -- the package exports it; what comes after is Vite's
const { default: engine } = await import("@facet/sdk/worker?worker&url")
const policy = trustedTypes.createPolicy("engine", { createScriptURL: (url) => url })
void use({ worker: () => new Worker(policy.createScriptURL(engine), { type: "module" }) })
