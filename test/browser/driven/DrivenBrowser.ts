/** A browser of this machine that a test drives, by the protocol that it speaks itself. */
export interface DrivenBrowser extends AsyncDisposable {
  /** `Firefox 153.8` */
  readonly name: string
  /** Opens an address, and waits until it is loaded. */
  readonly open: (url: string) => Promise<void>
  /** Runs an expression in the page and waits for its promise. The value comes as JSON. */
  readonly evaluate: (expression: string) => Promise<unknown>
}

/** How a browser starts, or why it cannot be had here. */
export interface BrowserSource {
  readonly name: string
  /** What is missing on this machine, and where to get it. */
  readonly missing: () => Promise<string | undefined>
  readonly start: () => Promise<DrivenBrowser>
}
