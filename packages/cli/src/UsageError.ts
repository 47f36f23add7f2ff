/** The command line itself cannot be understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}
