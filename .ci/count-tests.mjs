// Prints how many tests passed and failed, from Vitest's JSON report.
import { readFileSync } from "node:fs"

/** A file that could not be read is one failure, and so is a run that broke off, before its report or around its tests. */
function count(text) {
  if (text === "") return { passed: 0, failed: 1 }
  const { numFailedTests, numPassedTests, success, testResults } = JSON.parse(text)
  const broken = testResults.filter(
    ({ assertionResults, status }) => status === "failed" && assertionResults.length === 0,
  )
  const failed = numFailedTests + broken.length
  return { passed: numPassedTests, failed: failed === 0 && !success ? 1 : failed }
}

const { failed, passed } = count(readFileSync(process.argv[2], "utf8"))
console.log(`${passed} passed, ${failed} failed`)
