/** What `facet eval --monitor` does with a service's reports. */
import { basename } from "node:path"
import type { ExitCode } from "../../Command.ts"
import type { evaluationOptions } from "../../commands/evaluation.ts"
import type { Console } from "../../Console.ts"
import type { Values } from "../../Options.ts"
import { UsageError } from "../../UsageError.ts"
import { writeWhole } from "../../writeWhole.ts"
import { monitor } from "./Monitoring.ts"
import { monitoringReport } from "./monitoringReport.ts"
import { monitoringTable } from "./monitoringTable.ts"
import { readReports } from "./readReports.ts"

type Given = Values<typeof evaluationOptions>

/** Options that say something of reports, too. */
const known: ReadonlyArray<string> = ["monitor", "reference", "html", "json"]

export async function runMonitoring(console: Console, file: string, given: Given): Promise<ExitCode> {
  const other = Object.entries(given).find(([name, value]) => value !== undefined && !known.includes(name))
  if (other !== undefined) throw new UsageError(`--monitor judges nothing: leave out ${other[0]}`)
  const reports = await readReports("monitor", file)
  const reference = given.reference === undefined ? undefined : await readReports("reference", given.reference)
  const monitoring = monitor(reports, reference)
  if (given.html !== undefined) {
    await writeWhole(given.html, monitoringReport(basename(file), monitoring, reports, reference))
  }
  if (given.json === true) await console.out.writeLine(JSON.stringify(monitoring))
  else for (const line of monitoringTable(monitoring)) await console.out.writeLine(line)
  return 0
}
