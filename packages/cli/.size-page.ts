/** The least that a page with Facet loads: the check of its size bundles this file. */
import { Facet } from "@facet/sdk"

const facet = await Facet.open()
document.body.textContent = (await facet.generate("Tell me a story about a fox.", { maxTokens: 32 })).text
