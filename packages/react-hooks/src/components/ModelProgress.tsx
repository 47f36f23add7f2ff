import { type ComponentPropsWithoutRef, type CSSProperties, forwardRef, useId, useInsertionEffect, useRef } from "react"
import type { Device, Progress } from "@facet/sdk/words"
import type { FacetStatus } from "../store/FacetStore.ts"
import { byteText, durationText } from "./Amounts.ts"
import { pressOnce } from "./pressOnce.ts"

export interface ModelProgressProps extends Omit<ComponentPropsWithoutRef<"div">, "children" | "onLoad"> {
  /** As `useFacet` gives it. */
  readonly status: FacetStatus
  readonly progress?: Progress | undefined
  readonly device?: Device | undefined
  /** Why `status` is `error` or `unsupported`. Of Facet's errors, what to do is shown too. */
  readonly error?: Error | undefined
  /** The model's name, before anything says it. */
  readonly model?: string | undefined
  /** Called by the button to load, and to try again. Without it there is no button. */
  readonly onLoad?: (() => void) | undefined
  /** Called by the button that stops a download or a load. Without it there is no button. */
  readonly onCancel?: (() => void) | undefined
}

/**
 * How far a model has come on its way into the page: to be loaded, downloading, loading, ready, or what went wrong and
 * what to do.
 *
 * @example
 * const { status, progress, device, error, load, cancel } = useFacet()
 * return <ModelProgress {...{ status, progress, device, error }} onLoad={load} onCancel={cancel} />
 */
export const ModelProgress = forwardRef<HTMLDivElement, ModelProgressProps>(function ModelProgress(
  { device, error, model, onCancel, onLoad, progress, status, ...props },
  ref,
) {
  const titleId = useId()
  const isUnderWay = status === "downloading" || status === "loading"
  const share = isUnderWay ? shareOf(progress) : undefined
  const detail = isUnderWay ? detailOf(progress) : status === "ready" ? deviceText(device) : undefined
  const name = progress?.model ?? model
  const failure = status === "error" || status === "unsupported" ? failureOf(status, error) : undefined
  return (
    <div
      data-facet="model-progress"
      tabIndex={-1}
      data-state={status}
      data-phase={isUnderWay ? progress?.phase : undefined}
      data-source={isUnderWay ? progress?.source : undefined}
      {...props}
      ref={ref}
    >
      <div data-part="header">
        <p id={titleId} role="status" data-part="title">
          {titleOf(status, progress)}
        </p>
        {name === undefined ? undefined : <p data-part="model">{name}</p>}
      </div>
      {isUnderWay ? <Bar labelledBy={titleId} share={share} detail={detail} /> : undefined}
      {detail === undefined ? undefined : <p data-part="detail">{detail}</p>}
      {failure === undefined ? undefined : (
        <div role="alert" data-part="error">
          <p data-part="problem">{failure.problem}</p>
          {failure.remedy === undefined ? undefined : <p data-part="remedy">{failure.remedy}</p>}
        </div>
      )}
      <Actions status={status} onLoad={onLoad} onCancel={onCancel} />
    </div>
  )
})

function titleOf(status: FacetStatus, progress: Progress | undefined): string {
  switch (status) {
    case "unsupported":
      return "The model cannot run here"
    case "idle":
      return "The model is not loaded"
    case "ready":
      return "Ready"
    case "error":
      return "The model could not be loaded"
    case "downloading":
    case "loading":
      return phaseTitle(status, progress)
  }
}

function phaseTitle(status: "downloading" | "loading", progress: Progress | undefined): string {
  switch (progress?.phase) {
    case "waiting":
      return "This model is being downloaded already"
    case "download":
      return progress.source === "cache" ? "Reading the model from this device" : "Downloading the model"
    case "files":
      return "Reading the model"
    case "convert":
    case "session":
    case "ready":
      return "Preparing the model"
    case undefined:
      return status === "downloading" ? "Downloading the model" : "Loading the model"
  }
}

/** From 0 to 1; undefined where nobody can say. */
function shareOf(progress: Progress | undefined): number | undefined {
  if (progress === undefined || progress.phase === "waiting" || progress.phase === "session") return undefined
  const { loadedBytes, totalBytes } = progress
  return totalBytes > 0 ? Math.min(Math.max(loadedBytes / totalBytes, 0), 1) : undefined
}

function detailOf(progress: Progress | undefined): string | undefined {
  if (progress === undefined || progress.phase === "session" || progress.phase === "ready") return undefined
  if (progress.phase === "waiting") return "This one goes on by itself as soon as that is done."
  const { bytesPerSecond, loadedBytes, source, totalBytes } = progress
  const isFast = bytesPerSecond !== undefined && bytesPerSecond > 0
  const left = isFast && totalBytes > loadedBytes ? (totalBytes - loadedBytes) / bytesPerSecond : undefined
  return [
    totalBytes > 0 ? `${byteText(loadedBytes)} of ${byteText(totalBytes)}` : byteText(loadedBytes),
    isFast ? `${byteText(bytesPerSecond)}/s` : undefined,
    left === undefined ? undefined : `${durationText(left)} left`,
    source === "cache" ? "stored on this device" : source === "network" ? "over the network" : undefined,
  ]
    .filter((text) => text !== undefined)
    .join(" · ")
}

const deviceNames: Readonly<Record<Device["name"], string>> = {
  webgpu: "WebGPU",
  wasm: "WebAssembly",
  cpu: "CPU",
  cuda: "CUDA",
  coreml: "CoreML",
  dml: "DirectML",
  server: "on a server",
}

function deviceText(device: Device | undefined): string | undefined {
  if (device === undefined) return undefined
  const { name, precision, threads = 1 } = device
  const known = [deviceNames[name], precision, threads > 1 ? `${threads} threads` : undefined]
  return known.filter((text) => text !== undefined).join(" · ")
}

interface Failure {
  readonly problem: string
  readonly remedy: string | undefined
}

/** Facet's errors say what was wrong and what to do; of others there is the message. */
function failureOf(status: "error" | "unsupported", error: Error | undefined): Failure {
  if (error === undefined) {
    const problem = status === "error" ? "Nobody said why." : "This browser lacks what the model needs."
    return { problem, remedy: undefined }
  }
  const remedy = "remedy" in error && typeof error.remedy === "string" ? error.remedy : undefined
  // The message of such an error ends with the remedy, which is shown by itself.
  const problem =
    remedy !== undefined && error.message.endsWith(remedy) ? error.message.slice(0, -remedy.length) : error.message
  return { problem: problem.trim(), remedy }
}

interface BarProps {
  readonly labelledBy: string
  readonly share: number | undefined
  readonly detail: string | undefined
}

/** Without a share it is indeterminate, as a progress bar without a value is. */
function Bar({ detail, labelledBy, share }: BarProps) {
  const value = share === undefined ? {} : { "aria-valuenow": Math.floor(share * 100) }
  // React's type of styles has no custom properties, although React sets them.
  const style = share === undefined ? undefined : ({ "--facet-share": share } as CSSProperties)
  return (
    <div
      role="progressbar"
      aria-labelledby={labelledBy}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={detail}
      {...value}
      data-part="progress"
      data-state={share === undefined ? "indeterminate" : "determinate"}
      style={style}
    >
      <span data-part="fill" />
    </div>
  )
}

function Actions({ onCancel, onLoad, status }: Pick<ModelProgressProps, "onCancel" | "onLoad" | "status">) {
  const isUnderWay = status === "downloading" || status === "loading"
  if (isUnderWay && onCancel !== undefined) return <ActionButton act={onCancel}>Cancel</ActionButton>
  if ((status === "idle" || status === "error") && onLoad !== undefined) {
    return (
      <ActionButton kind="primary" act={onLoad}>
        {status === "error" ? "Try again" : "Load model"}
      </ActionButton>
    )
  }
  return null
}

interface ActionButtonProps {
  readonly kind?: "primary"
  readonly act: () => void
  readonly children: string
}

function ActionButton({ act, children, kind }: ActionButtonProps) {
  const button = useRef<HTMLButtonElement>(null)
  // Its end comes while the button is still there, in every React and without a word on a server.
  useInsertionEffect(() => () => keepFocus(button.current), [])
  return (
    <button ref={button} type="button" data-part="button" data-kind={kind} {...pressOnce(() => act())}>
      {children}
    </button>
  )
}

/** Where the button goes, the focus goes to what it was about: lost, the keyboard would start again at the page's top. */
function keepFocus(button: HTMLButtonElement | null): void {
  if (button === null || document.activeElement !== button) return
  button.closest<HTMLElement>("[data-facet=model-progress]")?.focus()
}
