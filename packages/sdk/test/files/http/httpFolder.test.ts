/** The source that browsers download with reads on Node, too: nothing in it needs a page. */
import { createHash } from "node:crypto"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { DownloadMeter } from "../../../src/files/http/DownloadMeter.ts"
import { folderUrl } from "../../../src/files/http/folderUrl.ts"
import { httpFolder } from "../../../src/files/http/httpFolder.ts"
import { HttpSource } from "../../../src/files/http/HttpSource.ts"
import { openSafetensors } from "../../../src/files/openSafetensors.ts"
import { DownloadError } from "../../../src/words/Errors.ts"
import type { Progress } from "../../../src/words/Progress.ts"
import { type Behaviour, type HostedFolder, startModelHost } from "../../browser/files/modelHost.ts"
import { failureOf } from "../../fixtures/failure.ts"

let host: Awaited<ReturnType<typeof startModelHost>>
beforeAll(async () => {
  host = await startModelHost()
})
afterAll(() => host.close())

const hosted = async (behaviour: Behaviour): Promise<HostedFolder> => {
  const answer = await fetch(`${host.url}/control`, { method: "POST", body: JSON.stringify(behaviour) })
  // What the host answers there.
  return (await answer.json()) as HostedFolder
}

const open = (url: string, progress: Array<Progress> = []) => {
  const folder = folderUrl(url, url)
  const source = new HttpSource(folder, { stallMs: 500, retryDelaysMs: [10, 10] })
  return httpFolder(source, new DownloadMeter(folder.root, (part) => progress.push(part)))
}

describe("a folder over HTTP, on Node", () => {
  it.each<[string, Behaviour]>([
    ["a good host", { shards: 2 }],
    ["a host without ranges", { ranges: false }],
    ["a host that knows no HEAD", { head: false }],
    ["a host whose connection breaks twice", { breakAfter: 100_000, breaks: 2 }],
  ])("reads what %s serves, byte for byte", async (_, behaviour) => {
    const { files: facts, url } = await hosted({ ...behaviour, weightsBytes: 300_000 })
    const files = open(url)
    for (const [name, { bytes, sha256 }] of Object.entries(facts)) {
      assert.isTrue(await files.exists(name))
      assert.strictEqual(await files.size(name), bytes)
      const all = await files.readRange(name, 0, bytes)
      assert.strictEqual(createHash("sha256").update(all).digest("hex"), sha256, name)
    }
    assert.isFalse(await files.exists("chat_template.jinja"))
  })

  it("gives a runtime the places of tensors without fetching weights", async () => {
    const { url } = await hosted({ weightsBytes: 2_000_000 })
    const progress: Array<Progress> = []
    const tensors = await openSafetensors(open(url, progress))
    assert.deepEqual([...tensors.keys()], ["tensor"])
    assert.isBelow(progress.at(-1)?.loadedBytes ?? 0, 10_000)
  })

  it("says what is wrong with a host that is not there, in words for any place", async () => {
    const { url } = await hosted({ isDown: true })
    const error = await failureOf(open(url).readText("config.json"))
    assert.instanceOf(error, DownloadError)
    assert.include(String(error), "does not answer")
    assert.notInclude(String(error), "Content-Security-Policy")
  })
})
