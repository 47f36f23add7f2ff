import { useEffect, useRef } from "react"

/** How near to its end, in pixels, a page counts as read to its end. */
const near = 120

/**
 * Keeps the newest words in view, unless the visitor has scrolled away from them.
 *
 * @param after what the page may be longer after, the model's status say
 */
export function useFollow(messages: ReadonlyArray<unknown>, after: string): void {
  const isAtEnd = useRef(true)
  const count = useRef(0)
  useEffect(() => {
    const look = () => {
      const { clientHeight, scrollHeight, scrollTop } = document.documentElement
      isAtEnd.current = scrollHeight - scrollTop - clientHeight < near
    }
    addEventListener("scroll", look, { passive: true })
    return () => removeEventListener("scroll", look)
  }, [])
  useEffect(() => {
    // A new question is looked at wherever the visitor was when asking it.
    const isLonger = messages.length > count.current
    count.current = messages.length
    if (messages.length > 0 && (isAtEnd.current || isLonger)) {
      scrollTo({ top: document.documentElement.scrollHeight })
    }
  }, [after, messages])
}
