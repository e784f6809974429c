import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `npm run bench`: all of them, one after another; fails where one does, but runs the others too. */
const benches = [
  ['bench/start-up/start-up.ts'],
  ['bench/packing/packing.ts'],
  ['bench/overhead/overhead.ts'],
  ['bench/fleet/fleet.ts'],
  ['--expose-gc', 'bench/watch/watch.ts'],
  ['bench/detection/detection.ts'],
]
const cwd = fileURLToPath(new URL('../', import.meta.url))
const failed = benches.filter(args => {
  console.log(`\n${args.at(-1)}\n`)
  return spawnSync(process.execPath, args, { cwd, stdio: 'inherit' }).status !== 0
})
if (failed.length > 0) {
  process.exitCode = 1
  console.error(`\nNot all limits are kept: ${failed.map(args => args.at(-1)).join(', ')}`)
}
