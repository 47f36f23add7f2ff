import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import { AccessToken } from "../src/AccessToken.ts"

test("a token is asked for once, and anew before it ends; one that could not be had is asked for again", async () => {
  let [now, asked] = [0, 0]
  const token = new AccessToken(
    async () => {
      if (++asked === 2) throw new Error("not now")
      return { value: `token ${asked}`, endsAt: now + 3_600_000 }
    },
    () => now,
  )
  expect(await token.get()).toBe("token 1")
  now = 3_000_000
  expect(await token.get()).toBe("token 1")
  now = 3_400_000
  await expect(token.get()).rejects.toThrow("not now")
  expect(await token.get()).toBe("token 3")
})

test.each(["deploy.sh", "undeploy.sh"])("%s is a script of the shell, and asks for what it needs", async (name) => {
  const script = fileURLToPath(new URL(`../${name}`, import.meta.url))
  await promisify(execFile)("sh", ["-n", script])
  const { PROJECT: _, ...env } = process.env
  await expect(promisify(execFile)("sh", [script], { env })).rejects.toThrow("set PROJECT to the id")
})
