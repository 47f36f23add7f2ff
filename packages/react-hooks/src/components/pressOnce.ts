import type { KeyboardEvent, MouseEvent } from "react"

/**
 * Handlers of a button in whose place the opposite one appears: the second click of a double click, and an Enter that is
 * held, were meant for the one before.
 */
export const pressOnce = (act: () => void) => ({
  onClick: ({ detail }: MouseEvent) => {
    if (detail < 2) act()
  },
  onKeyDown: (event: KeyboardEvent) => {
    if (event.repeat) event.preventDefault()
  },
})
