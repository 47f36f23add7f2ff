import { useState } from "react"

/**
 * A value that the parent may hold. Where it does not, the component keeps its own.
 *
 * @param held the parent's value; undefined where it leaves it to the component
 */
export function useControllable<Value>(
  held: Value | undefined,
  initial: Value,
  onChange: ((value: Value) => void) | undefined,
): readonly [Value, (value: Value) => void] {
  const [own, setOwn] = useState(initial)
  const set = (value: Value): void => {
    setOwn(value)
    onChange?.(value)
  }
  return [held === undefined ? own : held, set]
}
