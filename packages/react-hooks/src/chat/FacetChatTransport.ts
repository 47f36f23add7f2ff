import type { Effects } from "@facet/sdk/remote"
import type { ChatTransport } from "ai"
import type { FacetSource } from "../store/FacetSource.ts"
import { FacetStore } from "../store/FacetStore.ts"
import { toHooksError } from "../store/toHooksError.ts"
import { wasClosedHere } from "../store/wasClosedHere.ts"
import { ChunkWriter, type FacetUIMessageChunk } from "./ChunkWriter.ts"
import type { FacetChatOptions } from "./FacetChatOptions.ts"
import type { FacetUIMessage } from "./FacetUIMessage.ts"
import { toChat } from "./toChat.ts"

export interface FacetChatTransportOptions extends FacetChatOptions, FacetSource {
  /** Shares a Facet with others, instead of `facet`, `remote` or `open`. */
  readonly store?: FacetStore | undefined
  /**
   * Ids of questions that did not fit into the model's context, which later prompts leave out. Handed in where several
   * transports serve one chat; each keeps its own otherwise.
   */
  readonly overlong?: Set<string> | undefined
}

type SendOptions = Parameters<ChatTransport<FacetUIMessage>["sendMessages"]>[0]

/**
 * Runs a chat of the AI SDK's `useChat` on a Facet: in the page with no server, or on one that has Facet's effects.
 *
 * The Facet is opened when the first message is sent, while transient parts `data-facet-progress` tell how far it is.
 * An answer is one text and `custom` parts: `facet.verdict` (with `guard`) and `facet.trace` (with `trace`), which
 * `verdictsOf` and `tracesOf` read. What fails ends the stream with the typed error, which `useChat` shows in `error`.
 *
 * With `tools`, calls are parts of the answer, and what the page found, by `addToolOutput`, goes back to the model with the
 * next request: at once, with the AI SDK's `sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls`.
 *
 * What `sendMessage` is given as `body` counts as options of that call, before the transport's own: `{ maxTokens: 50 }`.
 * Its `headers` and `metadata` are not used.
 *
 * @example
 * const chat = useChat({ transport: new FacetChatTransport({ guard: true, trace: { topK: 3 } }) })
 */
export class FacetChatTransport implements ChatTransport<FacetUIMessage> {
  readonly #store: FacetStore
  readonly #isOwn: boolean
  readonly #options: FacetChatOptions
  readonly #overlong: Set<string>

  constructor({ facet, open, overlong = new Set(), remote, store, ...options }: FacetChatTransportOptions = {}) {
    this.#store = store ?? new FacetStore({ facet, open, remote })
    this.#isOwn = store === undefined
    this.#options = options
    this.#overlong = overlong
  }

  /** Answers the last message. Cancelling the stream, or aborting the signal, ends the work within one token. */
  sendMessages = async ({ abortSignal, body, messages }: SendOptions): Promise<ReadableStream<FacetUIMessageChunk>> => {
    abortSignal?.throwIfAborted()
    const stop = new AbortController()
    const signal = abortSignal === undefined ? stop.signal : AbortSignal.any([abortSignal, stop.signal])
    return new ReadableStream<FacetUIMessageChunk>({
      start: (controller) => {
        // Not awaited: a stream is read only when its start is done.
        void this.#answer(messages, { ...this.#options, ...body }, signal, controller)
      },
      cancel: (reason) => stop.abort(reason),
    })
  }

  /** There is nothing to come back to: an answer ends with the page that asked for it. */
  reconnectToStream = async (): Promise<null> => null

  /** Closes the Facet that the transport opened itself. */
  close = (): void => {
    if (this.#isOwn) void this.#store.dispose()
  }

  async #answer(
    messages: ReadonlyArray<FacetUIMessage>,
    { system, ...options }: FacetChatOptions,
    signal: AbortSignal,
    controller: ReadableStreamDefaultController<FacetUIMessageChunk>,
  ): Promise<void> {
    const isCancelled = () => signal.aborted
    const writer = new ChunkWriter((chunk) => {
      if (!isCancelled()) controller.enqueue(chunk)
    })
    let effects: Effects | undefined
    try {
      const chat = await toChat(this.#withoutOverlong(messages), system)
      effects = await this.#open(signal, writer)
      const parts = effects.stream(chat, { ...goingOn(options, messages), signal })
      writer.start()
      for await (const part of parts) writer.part(part)
      signal.throwIfAborted()
      controller.close()
    } catch (cause) {
      const last = messages.at(-1)
      if (isOverflow(cause) && last?.role === "user") this.#overlong.add(last.id)
      const isStopped = signal.aborted || wasClosedHere(cause, this.#store, effects)
      end(controller, isStopped, cause)
    }
  }

  /** One question that was too long would make each later prompt too long. Asked again, it is the last, and asked. */
  #withoutOverlong(messages: ReadonlyArray<FacetUIMessage>): ReadonlyArray<FacetUIMessage> {
    return messages.filter(({ id }, place) => place === messages.length - 1 || !this.#overlong.has(id))
  }

  async #open(signal: AbortSignal, writer: ChunkWriter): Promise<Effects> {
    const tell = () => {
      const { progress, status } = this.#store.getSnapshot()
      writer.progress({ status, progress })
    }
    const hush = this.#store.subscribe(tell)
    try {
      return await this.#store.ready({ signal })
    } finally {
      hush()
    }
  }
}

/** An answer that is gone on with, after its tools have run, need not call again: it would do so for ever. */
function goingOn(options: FacetChatOptions, messages: ReadonlyArray<FacetUIMessage>): FacetChatOptions {
  const { toolChoice } = options
  const isNext = messages.at(-1)?.role === "assistant"
  return isNext && toolChoice !== undefined && toolChoice !== "none" ? { ...options, toolChoice: "auto" } : options
}

const isOverflow = (cause: unknown): boolean =>
  cause instanceof Error && "_tag" in cause && cause._tag === "ContextOverflowError"

/** The AI SDK knows an abort by the name of the stream's error. */
function end(controller: ReadableStreamDefaultController, isStopped: boolean, cause: unknown): void {
  const isAbort = isStopped || (cause instanceof DOMException && cause.name === "AbortError")
  try {
    controller.error(
      isAbort ? new DOMException("The answer was stopped.", "AbortError") : toHooksError("Answering", cause),
    )
  } catch {
    // It was cancelled, and nobody listens any more.
  }
}
