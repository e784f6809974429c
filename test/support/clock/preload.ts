/**
 * Loaded with `node --import` ahead of a bundle that stays as it is: gives its process the time that the environment
 * variable CLOCK_SPEC describes, and numbers its requests, in their header and, between the lines of its log, on stdout.
 */
import { syncBuiltinESMExports } from 'node:module'
import { sequenceMarker } from './marker.ts'
import { numberRequests, type Traffic } from './requests.ts'
import { fasterSleep, jumpingSleep, type Sleep } from './sleep.ts'
import { type ClockSpec, clockNow } from './spec.ts'

const { CLOCK_SPEC, CLOCK_SEQUENCE = '0' } = process.env
if (!CLOCK_SPEC) throw new Error('CLOCK_SPEC is not set: it carries the ClockSpec of this process, as JSON')
const spec = JSON.parse(CLOCK_SPEC) as ClockSpec

const traffic = numberRequests(Number(CLOCK_SEQUENCE), sequence => {
  process.stdout.write(`${sequenceMarker(sequence)}\n`)
})
globalThis.Date = dateAt(() => clockNow(spec))
Object.assign(process.getBuiltinModule('node:timers/promises'), { setTimeout: sleepIn(spec, traffic) })
syncBuiltinESMExports()

function sleepIn(spec: ClockSpec, traffic: Traffic): Sleep {
  switch (spec.kind) {
    case 'faster':
      return fasterSleep(spec)
    case 'jumping':
      return jumpingSleep(spec, traffic)
  }
}

/** `Date` as it was, except for what it says when it is asked for the present. */
function dateAt(now: () => number): DateConstructor {
  const patched = new Proxy(Date, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
    apply: target => new target(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  })
  Object.assign(Date.prototype, { constructor: patched })
  return patched
}
