import { wordList } from "@facet/sdk/judges"
export default wordList({ words: ["fox", "bear"], thresholds: {} })
