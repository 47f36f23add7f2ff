import { invalidRequest } from "../words/Errors.ts"
import { mostAdded } from "../words/Intervention.ts"
import { type Site, siteKey } from "../words/Site.ts"

/** How much the interventions of a request add to each site: many small ones are as much as a large one. */
export class AddedLengths {
  readonly #sums = new Map<string, number>()

  /**
   * @param length of what is added at the site, at most.
   * @param option that asks for it.
   * @throws InvalidRequestError where it is more in all than a model can take.
   */
  add(site: Site, length: number, option: string): void {
    const key = siteKey(site)
    const sum = (this.#sums.get(key) ?? 0) + length
    this.#sums.set(key, sum)
    if (sum <= mostAdded) return
    throw invalidRequest(
      option,
      `with the others at ${key} it adds a length of ${sum.toPrecision(3)}, more than a model's norms can take`,
      `Keep the sum of lengths at ${mostAdded} or below.`,
    )
  }
}
