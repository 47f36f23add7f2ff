/** ONNX Runtime's own code, which comes over the network when a device is tried. */
import { CodeLoadError } from "../../words/Errors.ts"

const what = "ONNX Runtime"

const remedy =
  "Try again: what is fetched is fetched anew. If it never works, check that the server has this file, lets this page read it, and sends .mjs as text/javascript."

/** The library itself. @throws CodeLoadError */
export async function loadRuntime<A>(load: () => Promise<A>): Promise<A> {
  try {
    return await load()
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new CodeLoadError({ what, url: /https?:\/\/\S+/.exec(problem)?.[0] ?? "", problem, remedy })
  }
}

/**
 * Opens something that makes ONNX Runtime fetch its files when it is the first. What it says of one that did not come is
 * the same as of a browser that cannot run it, so that the files are asked for when it fails.
 *
 * @throws CodeLoadError
 */
export async function withRuntimeFiles<A>(urls: ReadonlyArray<string>, open: () => Promise<A>): Promise<A> {
  try {
    return await open()
  } catch (cause) {
    for (const url of urls) {
      const problem = await whyMissing(url)
      if (problem !== undefined) throw new CodeLoadError({ what, url, problem, remedy })
    }
    throw cause
  }
}

/** Why a file does not arrive; undefined where it does. Of its body nothing is read. */
async function whyMissing(url: string): Promise<string | undefined> {
  const controller = new AbortController()
  try {
    const { ok, status } = await fetch(url, { signal: controller.signal })
    return ok ? undefined : `the server answered with status ${status}`
  } catch (cause) {
    return `it could not be fetched (${cause instanceof Error ? cause.message : String(cause)})`
  } finally {
    controller.abort()
  }
}
