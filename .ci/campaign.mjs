// The tests on Node, those in the browser and those that drive pages, each of which tries for long where it tries at random, and
// what is too dear for each time: `test/campaign.ts` reads the variable.
import { startVitest } from "vitest/node"

process.env["FACET_CAMPAIGN"] = "1"
await startVitest(process.argv.slice(2), { project: ["node", "browser*", "pages"], run: true })
