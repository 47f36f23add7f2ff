// The tests on Node, each of which tries for long where it tries at random: `test/campaign.ts` reads the variable.
import { startVitest } from "vitest/node"

process.env["FACET_CAMPAIGN"] = "1"
await startVitest(process.argv.slice(2), { project: ["node"], run: true })
