/** The server could not open its model: not the client's affair, whatever the cause says. */
export class OpeningError extends Error {
  override readonly name = "OpeningError"

  constructor(cause: unknown) {
    super("the model could not be opened", { cause })
  }
}
