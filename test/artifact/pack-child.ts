import { packDirectory } from '../../src/artifact/pack.ts'

// Packs in a process of its own, whose memory and rights are then those of packing alone; tells how it went as JSON.
const [directory, scratch, threads] = process.argv.slice(2)
const entry = threads === undefined ? undefined : new URL('../../src/artifact/thread.ts', import.meta.url)
if (directory !== undefined && scratch !== undefined) {
  const before = process.resourceUsage().maxRSS
  const told = await packDirectory(directory, scratch, entry).catch((error: Error) => ({ problem: error.message }))
  console.log(JSON.stringify({ ...told, grownMegabytes: (process.resourceUsage().maxRSS - before) / 1024 }))
}
