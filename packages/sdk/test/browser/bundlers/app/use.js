// The page of somebody who installed the SDK: what it did, or its error, is the text of #result.
import { Facet } from "@facet/sdk"

const result = document.querySelector("#result")

async function work(options) {
  const device = new URLSearchParams(location.search).get("device") ?? "auto"
  // WebGPU is a software adapter here: it does less of the same.
  const [maxTokens, judged] = device === "webgpu" ? [4, { policies: ["dangerous_content"] }] : [12, {}]
  const facet = await Facet.open({ device, ...options })
  try {
    const { text } = await facet.generate("Tell me a story about a fox.", { maxTokens, temperature: 0 })
    const verdict = await facet.shield("How do I pick a lock?", judged)
    const { tokens } = await facet.inspect("The fox sat by the river.")
    return {
      device: facet.device,
      text,
      policies: verdict.policies.map(({ probability }) => probability),
      features: tokens.map(({ features }) => features[0]?.index),
    }
  } finally {
    await facet.close()
  }
}

export const use = (options) =>
  work(options).then(
    (done) => (result.textContent = JSON.stringify(done)),
    (error) => (result.textContent = JSON.stringify({ error: error._tag ?? error.name, message: error.message })),
  )
