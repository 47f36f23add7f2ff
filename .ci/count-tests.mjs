// Prints how many tests passed and failed, from Vitest's JSON report.
import { readFileSync } from "node:fs"

/** A file that could not be read is one failure, and so is a run that broke off before its report. */
function count(text) {
  if (text === "") return { passed: 0, failed: 1 }
  const { numFailedTests, numPassedTests, testResults } = JSON.parse(text)
  const broken = testResults.filter(
    ({ assertionResults, status }) => status === "failed" && assertionResults.length === 0,
  )
  return { passed: numPassedTests, failed: numFailedTests + broken.length }
}

const { failed, passed } = count(readFileSync(process.argv[2], "utf8"))
console.log(`${passed} passed, ${failed} failed`)
