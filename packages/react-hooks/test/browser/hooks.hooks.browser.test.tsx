/** The hooks in a real page, with a Facet in it and with one behind a server: nothing but an option tells them apart. */
import "./provided.browser.ts"
import { Facet } from "@facet/sdk"
import { StrictMode, useEffect, useState } from "react"
import { hydrateRoot } from "react-dom/client"
import { renderToString } from "react-dom/server"
import { afterAll, describe, expect, inject, it, vi } from "vitest"
import { render } from "vitest-browser-react"
import {
  blockedOf,
  FacetProvider,
  type FacetProviderProps,
  type FacetSnapshot,
  type FacetUIMessage,
  RemoteFacet,
  textOf,
  tracesOf,
  useDecision,
  useFacet,
  useFacetChat,
  useGenerate,
  type UseGenerateOptions,
  useScore,
  useShield,
  useTokenCount,
  useTrace,
  verdictsOf,
} from "../../src/index.ts"

/** A machine that is busy takes long to start an engine. */
const opening = { timeout: 60_000 }
vi.setConfig({ testTimeout: 90_000 })

const story = "Tell me a story about a fox."
const harmful = "How do I build a bomb to hurt people?"
/** By these every text is flagged. */
const anything = { kind: "facet-thresholds", version: 1, thresholds: { dangerous_content: 0 } } as const

/** A way to a server that remembers what was asked. */
function recordingFetch() {
  const asked: Array<{ readonly path: string; readonly signal: AbortSignal | null | undefined }> = []
  const recorded: typeof fetch = (input, init) => {
    const url = typeof input === "string" ? input : input instanceof URL ? input.href : input.url
    asked.push({ path: new URL(url).pathname, signal: init?.signal })
    return fetch(input, init)
  }
  return { asked, fetch: recorded, count: (path: string) => asked.filter((one) => one.path === path).length }
}

/** The software adapter of tests is a slow one: what it computes is checked elsewhere. */
const open = { device: "wasm" } as const
const remote = (): FacetProviderProps => ({ remote: inject("effectsUrl") })
/** An engine in the page takes long to open, and knows nothing of React: it is tried with the newest one alone. */
const hasEngine = inject("react") !== "18"
const sources: ReadonlyArray<readonly [string, () => FacetProviderProps]> = [
  ...(hasEngine ? [["in the page", () => ({ open })] as const] : []),
  ["behind a server", remote],
]

let shared: Facet | undefined
afterAll(() => shared?.close())
/** Opening takes seconds: tests that are about something else share one that is open. */
const openSources: ReadonlyArray<readonly [string, () => Promise<FacetProviderProps>]> = [
  ...(hasEngine ? [["in the page", async () => ({ facet: (shared ??= await Facet.open(open)) })] as const] : []),
  ["behind a server", async () => remote()],
]

function Status() {
  const { cancel, device, dispose, error, load, model, status } = useFacet()
  return (
    <section>
      <output aria-label="Status">{status}</output>
      <output aria-label="Model">{`${model} ${device?.name}`}</output>
      <output aria-label="Problem">{error?.name}</output>
      <button onClick={() => void load()}>Load</button>
      <button onClick={() => cancel()}>Cancel</button>
      <button onClick={() => void dispose()}>Dispose</button>
    </section>
  )
}

function Story({ prompt = story, ...options }: UseGenerateOptions & { readonly prompt?: string }) {
  const { error, generate, reset, status, stop, text, tokens, usage, verdicts } = useGenerate(options)
  return (
    <section>
      <output aria-label="Generation">{status}</output>
      <output aria-label="Text">{text}</output>
      <output aria-label="Tokens">{tokens.length}</output>
      <output aria-label="Used">{usage?.completionTokens}</output>
      <output aria-label="Input flagged">{String(verdicts.input?.flagged)}</output>
      <output aria-label="Error">{error?.name}</output>
      <button onClick={() => void generate(prompt)}>Generate</button>
      <button onClick={stop}>Stop</button>
      <button onClick={reset}>Reset</button>
    </section>
  )
}

describe.each(sources)("a Facet %s", (_, source) => {
  it("is idle, then loading, then ready; closes, and opens again", async () => {
    const statuses: Array<string> = []
    function Watch() {
      const { status } = useFacet()
      useEffect(() => void statuses.push(status), [status])
      return null
    }
    const screen = await render(
      <FacetProvider {...source()}>
        <Watch />
        <Status />
      </FacetProvider>,
    )
    const status = screen.getByLabelText("Status")
    await expect.element(status).toHaveTextContent("idle")
    await screen.getByText("Load").click()
    await expect.element(status, opening).toHaveTextContent("ready")
    await expect.element(screen.getByLabelText("Model")).toMatchTextContent(/^tiny (cpu|wasm|webgpu)$/)
    await screen.getByText("Dispose").click()
    await expect.element(status).toHaveTextContent("idle")
    await screen.getByText("Load").click()
    await expect.element(status, opening).toHaveTextContent("ready")
    const steps = statuses.map((one) => (one === "downloading" ? "loading" : one))
    const changes = steps.filter((one, i) => one !== steps[i - 1])
    expect(changes).toEqual(["idle", "loading", "ready", "idle", "loading", "ready"])
  })

  it("is idle again when a load is cancelled in the middle", async () => {
    const screen = await render(
      <FacetProvider {...source()}>
        <Status />
      </FacetProvider>,
    )
    // Both clicks before an answer can have come.
    screen
      .getByText("Load")
      .element()
      .dispatchEvent(new MouseEvent("click", { bubbles: true }))
    screen
      .getByText("Cancel")
      .element()
      .dispatchEvent(new MouseEvent("click", { bubbles: true }))
    await expect.element(screen.getByLabelText("Status")).toHaveTextContent("idle")
    await screen.getByText("Load").click()
    await expect.element(screen.getByLabelText("Status"), opening).toHaveTextContent("ready")
  })

  it("chats: opens when the first message is sent, tells how far it is, and answers with verdicts and features", async () => {
    const told: Array<FacetSnapshot["status"]> = []
    let latest: ReadonlyArray<FacetUIMessage> = []
    function Talk() {
      const { messages, sendMessage, status, stop } = useFacetChat({
        guard: true,
        trace: { topK: 2 },
        maxTokens: 12,
        onData: (part) => {
          if (part.type === "data-facet-progress") told.push(part.data.status)
        },
      })
      latest = messages
      return (
        <section>
          <output aria-label="Chat">{status}</output>
          <output aria-label="Answer">{textOf(messages.at(-1) ?? { parts: [] })}</output>
          <button onClick={() => void sendMessage({ text: story })}>Ask</button>
          <button onClick={() => void sendMessage({ text: harmful })}>Ask for harm</button>
          <button onClick={() => void stop()}>Stop</button>
        </section>
      )
    }
    const screen = await render(
      <StrictMode>
        <FacetProvider {...source()}>
          <Talk />
        </FacetProvider>
      </StrictMode>,
    )
    await screen.getByText("Ask", { exact: true }).click()
    await expect
      .element(screen.getByLabelText("Answer"), opening)
      .toHaveTextContent("One day, a fox came to the river. The fox")
    await expect.element(screen.getByLabelText("Chat")).toHaveTextContent("ready")
    const answer = latest.at(-1) ?? expect.fail("there is no answer")
    expect(verdictsOf(answer).map(({ of, verdict }) => [of, verdict.flagged])).toEqual([
      ["input", false],
      ["output", false],
    ])
    expect(tracesOf(answer)[0]?.tokens.length).toBe(12)
    expect(answer.metadata?.usage?.completionTokens).toBe(12)
    expect(told[0]).toBe("loading")
    expect(told.at(-1)).toBe("ready")

    await screen.getByText("Ask for harm").click()
    await vi.waitFor(() => expect(blockedOf(latest.at(-1) ?? { parts: [] })).toBe("input"), { timeout: 10_000 })
  })
})

describe.each(openSources)("an open Facet %s", (_, source) => {
  it("writes a story: the text grows, features come with it, and options count from the next one on", async () => {
    const props = await source()
    const page = (options: UseGenerateOptions) => (
      <FacetProvider {...props}>
        <Story {...options} />
      </FacetProvider>
    )
    const screen = await render(page({ maxTokens: 12, trace: { topK: 2 } }))
    await screen.getByText("Generate").click()
    await expect.element(screen.getByLabelText("Generation"), opening).toHaveTextContent("done")
    await expect.element(screen.getByLabelText("Text")).toHaveTextContent("One day, a fox came to the river. The fox")
    await expect.element(screen.getByLabelText("Tokens")).toHaveTextContent("12")
    await screen.rerender(page({ maxTokens: 3 }))
    await screen.getByText("Generate").click()
    await expect.element(screen.getByLabelText("Used")).toHaveTextContent("3")
    await screen.getByText("Reset").click()
    await expect.element(screen.getByLabelText("Generation")).toHaveTextContent("idle")
    await expect.element(screen.getByLabelText("Text")).toBeEmptyDOMElement()
  })

  it("blocks a question, and says which side was flagged", async () => {
    const props = await source()
    const screen = await render(
      <FacetProvider {...props}>
        <Story prompt={harmful} guard maxTokens={8} />
      </FacetProvider>,
    )
    await screen.getByText("Generate").click()
    await expect.element(screen.getByLabelText("Generation"), opening).toHaveTextContent("blocked")
    await expect.element(screen.getByLabelText("Input flagged")).toHaveTextContent("true")
  })

  it("shows a request that makes no sense as an error", async () => {
    const props = await source()
    const screen = await render(
      <FacetProvider {...props}>
        <Story temperature={-1} />
      </FacetProvider>,
    )
    await screen.getByText("Generate").click()
    await expect.element(screen.getByLabelText("Error"), opening).toHaveTextContent("InvalidRequestError")
  })

  it("stops a story, whose words stay", async () => {
    /** Stops at the first words: a click from outside may come when the story is told. */
    function Impatient() {
      const { generate, status, stop, text, usage } = useGenerate({ maxTokens: 400 })
      useEffect(() => {
        if (text !== "") stop()
      }, [stop, text])
      return (
        <>
          <output aria-label="Generation">{status}</output>
          <output aria-label="Text">{text}</output>
          <output aria-label="Used">{usage?.completionTokens}</output>
          <button onClick={() => void generate(story)}>Generate</button>
        </>
      )
    }
    const props = await source()
    const screen = await render(
      <FacetProvider {...props}>
        <Impatient />
      </FacetProvider>,
    )
    await screen.getByText("Generate").click()
    await expect.element(screen.getByLabelText("Generation"), opening).toHaveTextContent("done")
    const words = screen.getByLabelText("Text").element().textContent
    expect(words).toMatch(/^One/)
    // Long enough for a late word, which must not come.
    await new Promise((resolve) => setTimeout(resolve, 50))
    await expect.element(screen.getByLabelText("Text")).toHaveTextContent(words)
    await expect.element(screen.getByLabelText("Used")).toBeEmptyDOMElement()
  })

  it("judges what somebody writes, and nothing that was written before", async () => {
    const shown: Array<{ readonly text: string; readonly flagged: boolean | undefined }> = []
    function Field() {
      const [text, setText] = useState("")
      const { lastVerdict, status, verdict } = useShield(text, { debounce: 50 })
      const strict = useShield(text, { debounce: 50, thresholds: { ...anything } })
      shown.push({ text, flagged: verdict?.flagged })
      return (
        <section>
          <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
          <output aria-label="Judgement">{status}</output>
          <output aria-label="Flagged">{String(verdict?.flagged)}</output>
          <output aria-label="Last flagged">{String(lastVerdict?.flagged)}</output>
          <output aria-label="Strictly flagged">{String(strict.verdict?.flagged)}</output>
        </section>
      )
    }
    const props = await source()
    const screen = await render(
      <FacetProvider {...props} autoLoad>
        <Status />
        <Field />
      </FacetProvider>,
    )
    const judgement = screen.getByLabelText("Judgement")
    await expect.element(judgement).toHaveTextContent("idle")
    await expect.element(screen.getByLabelText("Status"), opening).toHaveTextContent("ready")
    await screen.getByLabelText("Message").fill(harmful)
    await expect.element(judgement, { timeout: 10_000 }).toHaveTextContent("judged")
    await expect.element(screen.getByLabelText("Flagged", { exact: true })).toHaveTextContent("true")
    await screen.getByLabelText("Message").fill("I like bread.")
    await expect.element(screen.getByLabelText("Flagged", { exact: true })).toHaveTextContent("false")
    await expect.element(screen.getByLabelText("Strictly flagged")).toHaveTextContent("true")
    await screen.getByLabelText("Message").fill("")
    await expect.element(judgement).toHaveTextContent("idle")
    await expect.element(screen.getByLabelText("Last flagged")).toHaveTextContent("false")
    // What is shown with a text was never said of another one.
    for (const { flagged, text } of shown)
      if (flagged !== undefined) expect([text, flagged]).toEqual([text, text === harmful])
  })

  it("traces a text", async () => {
    function Traced() {
      const { status, trace } = useTrace("The dog sleeps.", { topK: 2 })
      return (
        <>
          <output aria-label="Trace">{status}</output>
          <output aria-label="Features">{trace?.tokens.map(({ features }) => features.length).join(" ")}</output>
        </>
      )
    }
    const props = await source()
    const screen = await render(
      <FacetProvider {...props} autoLoad>
        <Traced />
      </FacetProvider>,
    )
    await expect.element(screen.getByLabelText("Trace"), opening).toHaveTextContent("traced")
    await expect.element(screen.getByLabelText("Features")).toMatchTextContent(/^0( [12]){3,}$/)
  })

  it("scores a text, and counts the tokens of a prompt", async () => {
    function Read({ text }: { readonly text: string }) {
      const { score, status } = useScore(text, { alternatives: 1 })
      // Written anew at each render, as people do: what counts is what it says.
      const counted = useTokenCount([{ role: "user", content: text }], { debounce: 0 })
      return (
        <>
          <output aria-label="Score">{status}</output>
          <output aria-label="Tokens">{score?.tokens.map(({ token, top }) => `${token}${top?.length ?? 0}`)}</output>
          <output aria-label="Count">{`${counted.status} ${counted.count} ${counted.lastCount}`}</output>
        </>
      )
    }
    const props = await source()
    const page = (text: string) => (
      <FacetProvider {...props} autoLoad>
        <Read text={text} />
      </FacetProvider>
    )
    const screen = await render(page("The dog sleeps."))
    await expect.element(screen.getByLabelText("Tokens"), opening).toHaveTextContent("<bos>0The1 dog1 sleeps1.1")
    await expect.element(screen.getByLabelText("Count"), opening).toHaveTextContent("counted 15 15")
    await screen.rerender(page(""))
    await expect.element(screen.getByLabelText("Score")).toHaveTextContent("idle")
    await expect.element(screen.getByLabelText("Count"), opening).toHaveTextContent("counted 11 11")
  })

  it("decides about a text, anew when the text or what is asked is another", async () => {
    const shown: Array<readonly [text: string, type: string | undefined]> = []
    function Decided({ criteria, text }: { readonly criteria: ReadonlyArray<string>; readonly text: string }) {
      // Written anew at each render, as people do: what counts is what it says.
      const { decision, lastDecision, status } = useDecision(
        text,
        { animal: { type: "choice", instructions: "Which animal?", criteria } },
        { debounce: 50 },
      )
      shown.push([text, decision?.answers.animal.type])
      return (
        <>
          <output aria-label="Decision">{status}</output>
          <output aria-label="Options">{Object.keys(decision?.answers.animal.probabilities ?? {}).join(" ")}</output>
          <output aria-label="Last">{lastDecision?.answers.animal.choice}</output>
        </>
      )
    }
    const props = await source()
    const page = (text: string, ...criteria: ReadonlyArray<string>) => (
      <FacetProvider {...props} autoLoad>
        <Decided criteria={criteria} text={text} />
      </FacetProvider>
    )
    const screen = await render(page("The dog sleeps.", "cat", "dog"))
    await expect.element(screen.getByLabelText("Decision"), opening).toHaveTextContent("decided")
    await expect.element(screen.getByLabelText("Options")).toHaveTextContent("cat dog")
    await screen.rerender(page("The dog sleeps.", "cat", "dog", "fox"))
    await expect.element(screen.getByLabelText("Options"), opening).toHaveTextContent("cat dog fox")
    await screen.rerender(page("", "cat", "dog"))
    await expect.element(screen.getByLabelText("Decision")).toHaveTextContent("idle")
    await expect.element(screen.getByLabelText("Last")).toMatchTextContent(/^(cat|dog|fox)$/)
    for (const [text, type] of shown)
      if (type !== undefined) expect([text, type]).toEqual(["The dog sleeps.", "choice"])
  })

  it("tells what is wrong with a question", async () => {
    function Wrong() {
      const { error, status } = useDecision("The dog sleeps.", { animal: { type: "choice", criteria: ["dog"] } })
      return (
        <>
          <output aria-label="Decision">{status}</output>
          <output aria-label="Error">{error?.message}</output>
        </>
      )
    }
    const props = await source()
    const screen = await render(
      <FacetProvider {...props} autoLoad>
        <Wrong />
      </FacetProvider>,
    )
    await expect.element(screen.getByLabelText("Decision"), opening).toHaveTextContent("error")
    await expect.element(screen.getByLabelText("Error")).toMatchTextContent(/^questions\.animal\.criteria: 1 of them/)
  })
})

describe("hooks", () => {
  it("share one Facet, opened once however many load, also when React tries effects twice", async () => {
    const { asked, count, fetch } = recordingFetch()
    function Loads() {
      const { load } = useFacet()
      useEffect(() => void load(), [load])
      return null
    }
    const screen = await render(
      <StrictMode>
        <FacetProvider remote={{ url: inject("effectsUrl"), fetch }} autoLoad>
          <Loads />
          <Loads />
          <Status />
        </FacetProvider>
      </StrictMode>,
    )
    await expect.element(screen.getByLabelText("Status"), opening).toHaveTextContent("ready")
    // Long enough for a late release, which must not come.
    await new Promise((resolve) => setTimeout(resolve, 50))
    await expect.element(screen.getByLabelText("Status")).toHaveTextContent("ready")
    expect(asked.map(({ path }) => path)).toEqual(["/facet"])
    expect(count("/facet")).toBe(1)
  })

  it("keep a Facet that was handed in when React tries effects twice", async () => {
    const screen = await render(
      <StrictMode>
        <FacetProvider facet={new RemoteFacet({ url: inject("effectsUrl") })}>
          <Status />
        </FacetProvider>
      </StrictMode>,
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    await expect.element(screen.getByLabelText("Status")).toHaveTextContent("ready")
  })

  it("judge once when the writer rests, abort what is stale, and abort everything when they leave the page", async () => {
    const { asked, count, fetch } = recordingFetch()
    function Field({ text }: { readonly text: string }) {
      const { status } = useShield(text, { debounce: 80 })
      return <output aria-label="Judgement">{status}</output>
    }
    const page = (text: string) => (
      <FacetProvider remote={{ url: inject("effectsUrl"), fetch }} autoLoad>
        <Status />
        <Field text={text} />
      </FacetProvider>
    )
    const screen = await render(page(""))
    await expect.element(screen.getByLabelText("Status"), opening).toHaveTextContent("ready")
    for (const text of ["I", "I l", "I like", "I like bread."]) await screen.rerender(page(text))
    await expect.element(screen.getByLabelText("Judgement")).toHaveTextContent("judged")
    expect(count("/facet/shield")).toBe(1)

    await screen.rerender(page("A dog runs."))
    await vi.waitFor(() => expect(count("/facet/shield")).toBe(2))
    const [, second] = asked.filter(({ path }) => path === "/facet/shield")
    await screen.rerender(page("A dog runs fast."))
    expect(second?.signal?.aborted).toBe(true)

    await vi.waitFor(() => expect(count("/facet/shield")).toBe(3))
    const third = asked.at(-1)
    await screen.unmount()
    expect(third?.signal?.aborted).toBe(true)
  })

  it("stop the generation when they leave the page", async () => {
    const { asked, fetch } = recordingFetch()
    const screen = await render(
      <FacetProvider remote={{ url: inject("effectsUrl"), fetch }}>
        <Story maxTokens={400} />
      </FacetProvider>,
    )
    await screen.getByText("Generate").click()
    await expect.element(screen.getByLabelText("Text"), opening).toMatchTextContent("One")
    await screen.unmount()
    expect(asked.at(-1)?.path).toBe("/facet/generate")
    expect(asked.at(-1)?.signal?.aborted).toBe(true)
  })

  it("stop the answer of a chat when they leave the page", async () => {
    const { asked, fetch } = recordingFetch()
    function Talk() {
      const { messages, sendMessage } = useFacetChat({ maxTokens: 400 })
      return (
        <>
          <output aria-label="Answer">{messages.length > 1 && textOf(messages[1] ?? { parts: [] })}</output>
          <button onClick={() => void sendMessage({ text: story })}>Ask</button>
        </>
      )
    }
    const screen = await render(
      <FacetProvider remote={{ url: inject("effectsUrl"), fetch }}>
        <Talk />
      </FacetProvider>,
    )
    await screen.getByText("Ask").click()
    await expect.element(screen.getByLabelText("Answer"), opening).toMatchTextContent("One")
    await screen.unmount()
    expect(asked.at(-1)?.path).toBe("/facet/generate")
    expect(asked.at(-1)?.signal?.aborted).toBe(true)
  })

  it("show a server that is not there as an error", async () => {
    const screen = await render(
      <FacetProvider remote="http://127.0.0.1:9">
        <Status />
        <Story />
      </FacetProvider>,
    )
    await screen.getByText("Load").click()
    await expect.element(screen.getByLabelText("Status")).toHaveTextContent("error")
    await expect.element(screen.getByLabelText("Problem")).toHaveTextContent("RemoteError")
    await screen.getByText("Generate").click()
    await expect.element(screen.getByLabelText("Error")).toHaveTextContent("RemoteError")
  })

  it("send headers that were renewed since", async () => {
    const sent: Array<string | null> = []
    const own: typeof fetch = (input, init) => {
      sent.push(new Headers(init?.headers).get("x-token"))
      return fetch(input, init)
    }
    const page = (token: string) => (
      <FacetProvider remote={{ url: inject("effectsUrl"), fetch: own, headers: { "x-token": token } }}>
        <Story maxTokens={2} />
      </FacetProvider>
    )
    const screen = await render(page("one"))
    await screen.getByText("Generate").click()
    await expect.element(screen.getByLabelText("Used"), opening).toHaveTextContent("2")
    await screen.rerender(page("two"))
    await screen.getByText("Generate").click()
    await vi.waitFor(() => expect(sent).toEqual(["one", "one", "two"]))
  })

  it("take over what a server rendered, although a Facet is there already", async () => {
    const facet = new RemoteFacet({ url: inject("effectsUrl") })
    const page = (
      <FacetProvider facet={facet}>
        <Status />
      </FacetProvider>
    )
    const container = document.createElement("div")
    document.body.append(container)
    container.innerHTML = renderToString(page)
    expect(container.querySelector("[aria-label=Status]")?.textContent).toBe("idle")
    const mismatches: Array<unknown> = []
    const root = hydrateRoot(container, page, { onRecoverableError: (error) => mismatches.push(error) })
    await vi.waitFor(() => expect(container.querySelector("[aria-label=Status]")?.textContent).toBe("ready"))
    expect(mismatches).toEqual([])
    root.unmount()
    container.remove()
  })

  it("switch between the page and a server while they are used", async () => {
    const page = (props: FacetProviderProps) => (
      <FacetProvider {...props}>
        <Status />
      </FacetProvider>
    )
    const facet = new RemoteFacet({ url: inject("effectsUrl") })
    const screen = await render(page({ facet }))
    await expect.element(screen.getByLabelText("Status")).toHaveTextContent("ready")
    await screen.rerender(page(remote()))
    await expect.element(screen.getByLabelText("Status")).toHaveTextContent("idle")
    await screen.getByText("Load").click()
    await expect.element(screen.getByLabelText("Status"), opening).toHaveTextContent("ready")
    await screen.rerender(page({ facet }))
    await expect.element(screen.getByLabelText("Status")).toHaveTextContent("ready")
  })
})
