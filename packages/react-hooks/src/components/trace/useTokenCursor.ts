import { type KeyboardEvent, type MouseEvent, type PointerEvent, type RefObject, useRef, useState } from "react"
import type { TraceToken } from "@facet/sdk/words"
import { boxOf, tokenOnLine } from "./VisualLine.ts"

/** A token that was pointed at or focused, and where it is drawn within the frame around the text. */
export interface Pointed {
  readonly position: number
  readonly x: number
  readonly y: number
}

export interface TokenCursor {
  /** The token whose features are shown: the locked one, else the one last pointed at or focused. */
  readonly active: number | undefined
  readonly locked: number | undefined
  /** The token that the tab key reaches. */
  readonly cursor: number
  /** Where the tooltip belongs; undefined when there is none. */
  readonly tooltip: Pointed | undefined
  /** Shows the whole text again. */
  readonly clear: () => void
  readonly handlers: {
    readonly onPointerOver: (event: PointerEvent<HTMLElement>) => void
    readonly onPointerLeave: () => void
    readonly onFocus: (event: { readonly target: EventTarget }) => void
    readonly onBlur: () => void
    readonly onClick: (event: MouseEvent<HTMLElement>) => void
    readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void
    readonly onScroll: () => void
  }
}

interface Lock {
  readonly position: number
  /** Of the token that was locked: in another text another one is at its place. */
  readonly id: number
}

/** Pointer, focus and keys over a text, handled once for all its tokens. */
export function useTokenCursor(tokens: ReadonlyArray<TraceToken>, frame: RefObject<HTMLElement | null>): TokenCursor {
  const [pointed, setPointed] = useState<Pointed>()
  const [hasTooltip, setHasTooltip] = useState(false)
  const [lock, setLock] = useState<Lock>()
  const [lastFocused, setLastFocused] = useState(0)
  /** Where arrow up and down go to, as long as nothing else moves: short lines in between do not change it. */
  const across = useRef<number | undefined>(undefined)

  const isThere = (position: number | undefined): position is number =>
    position !== undefined && position < tokens.length
  const locked = lock !== undefined && tokens[lock.position]?.id === lock.id ? lock.position : undefined
  const active = locked ?? (isThere(pointed?.position) ? pointed.position : undefined)
  const cursor = isThere(lastFocused) ? lastFocused : 0

  /** All of them at once: moving by lines asks for many. */
  const tokenElements = (): NodeListOf<HTMLElement> | ReadonlyArray<HTMLElement> =>
    frame.current?.querySelectorAll<HTMLElement>("[data-token]") ?? []

  const point = (token: HTMLElement): number => {
    const next = pointedAt(token, frame.current)
    setPointed(next)
    setHasTooltip(true)
    return next.position
  }

  const toggleLock = (position: number): void => {
    const token = tokens[position]
    setLock(locked === position || token === undefined ? undefined : { position, id: token.id })
  }

  const clear = (): void => {
    setLock(undefined)
    setPointed(undefined)
    setHasTooltip(false)
  }

  /** Whether the key did something. */
  const press = (event: KeyboardEvent<HTMLElement>, position: number): boolean => {
    const { key } = event
    if (key === "Enter" || key === " ") {
      toggleLock(position)
      return true
    }
    if (key === "Escape") {
      if (active === undefined) return false
      // First the lock goes, then what the pointer or the focus left behind.
      if (locked === undefined) clear()
      else setLock(undefined)
      return true
    }
    const elements = tokenElements()
    if (key === "ArrowUp" || key === "ArrowDown") {
      const target = tokenOnLine(elements, position, key === "ArrowDown" ? 1 : -1, across.current)
      if (target !== undefined) {
        elements[target.position]?.focus()
        across.current = target.across
      }
      return true
    }
    const next = destination(key, position, tokens.length, event.target)
    if (next === undefined) return false
    elements[next]?.focus()
    return true
  }

  return {
    active,
    locked,
    cursor,
    tooltip:
      hasTooltip && isThere(pointed?.position) && (locked ?? pointed.position) === pointed.position
        ? pointed
        : undefined,
    clear,
    handlers: {
      onPointerOver: (event) => {
        // A finger does not hover: its tap is a click.
        const token = event.pointerType === "touch" ? undefined : tokenOf(event.target)
        if (token !== undefined) point(token)
      },
      onPointerLeave: () => setHasTooltip(false),
      onFocus: (event) => {
        const token = tokenOf(event.target)
        if (token === undefined) return
        across.current = undefined
        setLastFocused(point(token))
      },
      onBlur: () => setHasTooltip(false),
      onClick: (event) => {
        const token = tokenOf(event.target)
        if (token !== undefined) toggleLock(point(token))
      },
      onKeyDown: (event) => {
        const token = tokenOf(event.target)
        if (token === undefined || event.altKey || event.ctrlKey || event.metaKey) return
        if (!press(event, positionOf(token))) return
        event.preventDefault()
        event.stopPropagation()
      },
      onScroll: () => setHasTooltip(false),
    },
  }
}

const tokenOf = (target: EventTarget): HTMLElement | undefined =>
  target instanceof Element ? (target.closest<HTMLElement>("[data-token]") ?? undefined) : undefined

const positionOf = (token: HTMLElement): number => Number(token.dataset["token"])

function pointedAt(token: HTMLElement, frame: HTMLElement | null): Pointed {
  const box = boxOf(token)
  const origin = frame?.getBoundingClientRect()
  return {
    position: positionOf(token),
    x: box.left + box.width / 2 - (origin?.left ?? 0),
    y: box.top - (origin?.top ?? 0),
  }
}

/** Where a key leads that moves along the text; undefined for other keys. */
function destination(key: string, position: number, tokens: number, target: EventTarget): number | undefined {
  if (key === "Home") return 0
  if (key === "End") return tokens - 1
  if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined
  // Arrows go where they point: in a paragraph that is read from the right, the next token is on the left.
  const isBackwards = target instanceof Element && getComputedStyle(target).direction === "rtl"
  const step = (key === "ArrowRight") === isBackwards ? -1 : 1
  return Math.min(Math.max(position + step, 0), tokens - 1)
}
