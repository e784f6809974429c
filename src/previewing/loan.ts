import { Failure } from '../failure.ts'
import { CallFailed, type Loan, type World } from '../ports.ts'
import { problemOf } from '../problem.ts'
import { settle } from '../releasing/settle.ts'
import { lend, lendMore, namesOf, returnOf } from '../rollout/lending.ts'
import { readiness } from '../rollout/readiness.ts'
import type { Settings } from '../rollout/settings.ts'

/** So often at most is a loan given back anew, when somebody else changes the function at the same time. */
const passesAllowed = 6
const pauseAfterConflictMs = 1_000
const settleMs = 5 * 60_000

/** The function that is lent from. */
type Of = Pick<Loan, 'functionName' | 'region'>

/**
 * Does work that changes `$LATEST` by a configuration, and gives back what that changed, however the work ends. The
 * work calls what it is given right before each change. Where the process is gone before that, the post step gives
 * back.
 */
export async function onLoan<T>(
  of: Of,
  { Architectures: _, ...named }: Settings,
  world: World,
  work: (configuring: (before: Settings) => void) => Promise<T>,
): Promise<T> {
  // An architecture goes with the code, and the code stays.
  let loan: Loan | undefined
  const configuring = (before: Settings) => {
    const lent = lend(before, named)
    loan = { ...of, ...(loan === undefined ? lent : lendMore(loan, lent)) }
    world.memory.keepLoan(loan)
  }
  try {
    const done = await work(configuring)
    if (loan !== undefined) await giveBack(loan, world)
    return done
  } catch (error) {
    // After a mistake of our own the post step does it.
    if (loan !== undefined && problemOf(error, world) !== undefined) await giveBack(loan, world)
    throw error
  }
}

/**
 * Puts back on `$LATEST` what a preview was lent, as far as it still reads as it was set. Where that cannot be done a
 * warning names the members, and the loan is kept for the post step.
 */
export async function giveBack(loan: Loan, world: World): Promise<void> {
  const { reporter, cancel, memory } = world
  const names = namesOf(loan).join(', ')
  try {
    await putBack(loan, world)
    memory.keepLoan(undefined)
  } catch (error) {
    const expected = error instanceof Failure || error instanceof CallFailed
    if (cancel.aborted && (expected || (error instanceof Error && error.name === 'AbortError'))) {
      const text = `${names} of ${loan.functionName} could not be put back as the workflow was cancelled; the step that runs at the end of the job does it`
      reporter.tell({ kind: 'note', text })
      return
    }
    if (!expected) throw error
    const text = `${names} of ${loan.functionName} stayed as this preview set it, and the next version has it unless it is set otherwise: ${error.message}`
    reporter.tell({ kind: 'warning', text })
  }
}

/** Reads and does what is still to be done, over and over: a lost answer or another writer is just another pass. */
async function putBack(loan: Loan, world: World): Promise<void> {
  const { functions, clock, cancel, reporter } = world
  const { functionName } = loan
  const patience = { what: `${functionName} to settle`, timeoutMs: settleMs }
  for (let pass = 0; pass < passesAllowed; pass++) {
    const latest = await settle(() => functions.latest(functionName), readiness, patience, world)
    if (latest === undefined) return
    const { settings, back, changed } = returnOf(loan, latest.settings)
    if (back.length === 0) {
      if (changed.length > 0) {
        const text = `Somebody else has changed ${changed.join(', ')} of ${functionName} since; that is left as it is`
        reporter.tell({ kind: 'note', text })
      }
      return
    }
    const done = await functions.configure(functionName, settings, latest.revision)
    if (done.kind === 'done') reporter.tell({ kind: 'note', text: `Put back on ${functionName}: ${back.join(', ')}` })
    else await clock.sleep(pauseAfterConflictMs, cancel)
  }
  throw new Failure('somebody else keeps changing the function')
}
