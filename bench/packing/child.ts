import { packDirectory } from '../../src/artifact/pack.ts'

// Packs in a process of its own, whose memory is then that of packing alone; tells how it went as JSON.
const [directory, scratch] = process.argv.slice(2)
if (directory !== undefined && scratch !== undefined) {
  const startedAt = performance.now()
  const packed = await packDirectory(directory, scratch, new URL('../../src/artifact/thread.ts', import.meta.url))
  const ms = performance.now() - startedAt
  console.log(JSON.stringify({ ...packed, ms, peakMegabytes: process.resourceUsage().maxRSS / 1024 }))
}
