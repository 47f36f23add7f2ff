/** Asks Gemma 2 on Vertex AI, and has a guard of this machine judge what goes in and what comes out. */
import { Facet } from "@facet/sdk"
import { AccessToken } from "./AccessToken.ts"

const { GUARD = "google/shieldgemma-2b", VERTEX_URL: url } = process.env
if (url === undefined) throw new Error("Set VERTEX_URL to what deploy.sh has printed.")

await using facet = await Facet.open({
  model: { url, kind: "vertex", auth: new AccessToken().get },
  // Vertex tells no probabilities, so that verdicts are made here, or by a server that tells them.
  shield: GUARD,
})
for await (const part of facet.stream(process.argv[2] ?? "Tell me a story about a fox.", { guard: true })) {
  if (part.type === "text") process.stdout.write(part.text)
}
process.stdout.write("\n")
