/** What axe-core finds wrong in a part of the page. */
import axe from "axe-core"

export async function violations(element: Element): Promise<ReadonlyArray<string>> {
  const { violations } = await axe.run(element)
  // The first few: a fault of tokens is a fault of each of them.
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ failureSummary, html }) => `${id}: ${html}: ${failureSummary}`),
  )
}
