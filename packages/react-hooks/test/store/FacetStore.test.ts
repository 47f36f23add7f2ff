import { Facet, type Progress } from "@facet/sdk"
import { afterEach, assert, describe, it, vi } from "vitest"
import { type FacetSnapshot, FacetStore } from "../../src/index.ts"

/** The statuses that a store goes through, each once when it stays. */
function watch(store: FacetStore): Array<FacetSnapshot["status"]> {
  const statuses: Array<FacetSnapshot["status"]> = []
  store.subscribe(() => {
    const { status } = store.getSnapshot()
    if (statuses.at(-1) !== status) statuses.push(status)
  })
  return statuses
}

const isAbort = (error: unknown) => error instanceof DOMException && error.name === "AbortError"
const openCount = (told: ReadonlyArray<Progress>) => told.filter(({ phase }) => phase === "ready").length

describe("a store", () => {
  const stores: Array<FacetStore> = []
  const make = (...args: ConstructorParameters<typeof FacetStore>) => {
    const store = new FacetStore(...args)
    stores.push(store)
    return store
  }
  afterEach(async () => {
    vi.unstubAllGlobals()
    for (const store of stores.splice(0)) await store.dispose()
  })

  it("is idle until somebody loads, and then goes through loading to ready", async () => {
    const store = make()
    assert.deepStrictEqual(store.getSnapshot(), store.getServerSnapshot())
    assert.strictEqual(store.getSnapshot().status, "idle")
    const statuses = watch(store)
    await store.load()
    assert.deepStrictEqual(statuses, ["loading", "ready"])
    const { device, effects, error, model, progress } = store.getSnapshot()
    assert.strictEqual(model, "tiny")
    assert.strictEqual(device?.name, "cpu")
    assert.isUndefined(error)
    assert.isUndefined(progress)
    const { text } = (await effects?.generate("Tell me a story about a fox.", { maxTokens: 4 })) ?? {}
    assert.strictEqual(text?.startsWith("One day"), true)
  })

  it("opens once for all who ask at once, and tells its progress and the app's own listener", async () => {
    const told: Array<Progress> = []
    const seen: Array<string> = []
    const store = make({ open: { onProgress: (progress) => told.push(progress) } })
    store.subscribe(() => seen.push(store.getSnapshot().progress?.phase ?? ""))
    const [one, two] = await Promise.all([store.ready(), store.ready(), store.load(), store.load()])
    assert.strictEqual(one, two)
    assert.strictEqual(openCount(told), 1)
    assert.includeMembers(seen, ["files", "session"])
    await store.load()
    assert.strictEqual(openCount(told), 1)
  })

  it("is idle again when a load is cancelled in the middle, and can load afterwards", async () => {
    const store = make()
    const loading = store.load()
    const waiting = store.ready().catch((error: unknown) => error)
    assert.strictEqual(store.getSnapshot().status, "loading")
    store.cancel()
    assert.strictEqual(store.getSnapshot().status, "idle")
    await loading
    assert.isTrue(isAbort(await waiting))
    assert.strictEqual(store.getSnapshot().status, "idle")
    assert.isUndefined(store.getSnapshot().error)
    await store.load()
    assert.strictEqual(store.getSnapshot().status, "ready")
  })

  it("is idle after dispose(), whose Facet is closed, and loads anew", async () => {
    const store = make()
    const first = await store.ready()
    await store.dispose()
    assert.strictEqual(store.getSnapshot().status, "idle")
    assert.isUndefined(store.getSnapshot().effects)
    const error: unknown = await first.shield("Hi!").catch((cause: unknown) => cause)
    assert.strictEqual((error as Error).name, "ClosedError")
    await store.load()
    assert.notStrictEqual(store.getSnapshot().effects, first)
    assert.isFalse((await store.getSnapshot().effects?.shield("I like bread."))?.flagged)
  })

  it("gives an opening up when the only one who waited does, unless load() was called", async () => {
    const store = make()
    const leave = new AbortController()
    const waiting = store.ready({ signal: leave.signal }).catch((error: unknown) => error)
    leave.abort()
    assert.isTrue(isAbort(await waiting))
    assert.strictEqual(store.getSnapshot().status, "idle")

    const leaveToo = new AbortController()
    const loading = store.load()
    const waitingToo = store.ready({ signal: leaveToo.signal }).catch((error: unknown) => error)
    leaveToo.abort()
    assert.isTrue(isAbort(await waitingToo))
    await loading
    assert.strictEqual(store.getSnapshot().status, "ready")
  })

  it("shows what went wrong as a typed error, rejects nothing, and tries again", async () => {
    const store = make({ open: { model: "/no/such/folder" } })
    await store.load()
    const { effects, error, status } = store.getSnapshot()
    assert.strictEqual(status, "error")
    assert.strictEqual(error?.name, "ModelNotFoundError")
    assert.include(error?.message, "/no/such/folder")
    assert.isUndefined(effects)
    assert.strictEqual(await store.ready().catch((cause: Error) => cause.name), "ModelNotFoundError")
    store.configure({ open: { model: "tiny" } })
    await store.load()
    assert.strictEqual(store.getSnapshot().status, "ready")
    assert.isUndefined(store.getSnapshot().error)
  })

  it("shows an option that is wrong, and a listener of the app's that throws", async () => {
    const wrong = make({ open: { queue: 0 } })
    await wrong.load()
    assert.strictEqual(wrong.getSnapshot().error?.name, "InvalidRequestError")
    const throwing = make({
      open: {
        onProgress: () => {
          throw new Error("the app's own fault")
        },
      },
    })
    await throwing.load()
    assert.strictEqual(throwing.getSnapshot().status, "error")
    assert.include(throwing.getSnapshot().error?.message, "the app's own fault")
  })

  it("opens what is asked for since, and keeps what is the same but for functions and order", async () => {
    const store = make({ open: { queue: 8, active: 2 } })
    const first = await store.ready()
    store.configure({ open: { active: 2, queue: 8, onProgress: () => {} } })
    assert.strictEqual(await store.ready(), first)
    store.configure({ open: { queue: 9 } })
    const second = await store.ready()
    assert.notStrictEqual(second, first)
    const error: unknown = await first.shield("Hi!").catch((cause: unknown) => cause)
    assert.strictEqual((error as Error).name, "ClosedError")
  })

  it("leaves one opening for another when the source changes in the middle", async () => {
    const store = make({ open: { queue: 8 } })
    const first = store.ready().catch((error: unknown) => error)
    store.configure({ open: { queue: 9 } })
    await store.load()
    assert.isTrue(isAbort(await first))
    assert.strictEqual(store.getSnapshot().status, "ready")
  })

  it("has a Facet that was handed in at once, and never closes it", async () => {
    await using facet = await Facet.open()
    const store = make({ facet })
    assert.strictEqual(store.getSnapshot().status, "ready")
    assert.strictEqual(store.getSnapshot().effects, facet)
    assert.strictEqual(store.getSnapshot().model, "tiny")
    await store.dispose()
    assert.strictEqual(store.getSnapshot().status, "idle")
    assert.isFalse((await facet.shield("I like bread.")).flagged)
    await store.load()
    assert.strictEqual(store.getSnapshot().status, "ready")
    store.configure({})
    store.settle()
    assert.strictEqual(store.getSnapshot().status, "idle")
    store.configure({ facet })
    store.settle()
    assert.strictEqual(store.getSnapshot().effects, facet)
  })

  it("outlives a moment of nobody, and closes when the last one is gone", async () => {
    const store = make()
    const release = store.retain()
    const effects = await store.ready()
    release()
    const releaseAgain = store.retain()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.strictEqual(store.getSnapshot().effects, effects)
    releaseAgain()
    releaseAgain()
    await vi.waitFor(() => assert.strictEqual(store.getSnapshot().status, "idle"))
  })

  it("is unsupported in a browser without workers, and says why; a server helps", async () => {
    vi.stubGlobal("document", {})
    const store = make()
    assert.strictEqual(store.getSnapshot().status, "unsupported")
    const release = store.retain()
    await vi.waitFor(() => assert.strictEqual(store.getSnapshot().error?.name, "UnsupportedDeviceError"))
    assert.include(store.getSnapshot().error?.message, "remote")
    release()
    store.configure({ remote: "https://example.com" })
    store.settle()
    assert.strictEqual(store.getSnapshot().status, "idle")
    assert.isTrue(store.getSnapshot().isRemote)
  })
})
