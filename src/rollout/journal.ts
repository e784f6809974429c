/** The workflow run that writes. */
export type Run = {
  readonly repository: string
  readonly commit: string
  readonly id: string
  readonly attempt: number
}

/** What waits on the alias: a canary that is being watched, or one that was left on purpose. */
export type Waiting = {
  readonly version: string
  readonly state: 'rolling' | 'paused' | 'held'
  readonly since: string
}

/** What the alias's description says: which version it serves, what came before, what is on its way and by whom. */
export type Journal = {
  readonly version: string
  readonly after?: string
  readonly candidate?: Waiting
  readonly run: Run
}

const form =
  /^lambda-rollout (\d+)(?: after (\d+))?(?:; candidate (\d+) (rolling|paused|held) since (\S+))?; (\S+)@(\S+) run (\d+)\.(\d+)$/

/** Lambda allows a description, of an alias or a version, of at most so many characters. */
export const longestDescription = 256

/** The journal as the alias's description, such as `lambda-rollout 7 after 5; OWNER/REPO@abc1234 run 987.1`. */
export function formatJournal({ version, after, candidate, run }: Journal): string {
  const served = after === undefined ? version : `${version} after ${after}`
  const waiting = candidate && `; candidate ${candidate.version} ${candidate.state} since ${candidate.since}`
  const by = `@${run.commit.slice(0, 7)} run ${run.id}.${run.attempt}`
  const head = `lambda-rollout ${served}${waiting ?? ''}; `
  return head + run.repository.slice(0, longestDescription - head.length - by.length) + by
}

/** The journal that a description holds; undefined when it holds anything else. */
export function parseJournal(description: string): Journal | undefined {
  const match = form.exec(description)
  if (match === null) return undefined
  const [, version = '', after, waiting, state, since = '', repository = '', commit = '', id = '', attempt = ''] = match
  return {
    version,
    ...(after !== undefined && { after }),
    ...(waiting !== undefined && { candidate: { version: waiting, state: state as Waiting['state'], since } }),
    run: { repository, commit, id, attempt: Number(attempt) },
  }
}

/** The version that served before `version`, if the journal speaks of `version` at all. */
export function versionBefore(journal: Journal | undefined, version: string): string | undefined {
  return journal?.version === version ? journal.after : undefined
}

/**
 * Whether both name the same attempt of the same workflow run; two descriptions without a journal name the same: none.
 */
export function sameRun(a: Run | undefined, b: Run | undefined): boolean {
  return a?.repository === b?.repository && a?.id === b?.id && a?.attempt === b?.attempt
}

/** Whether both are attempts of the same workflow run. */
export function sameWorkflow(a: Run, b: Run): boolean {
  return a.repository === b.repository && a.id === b.id
}

/** Whether `a` is an attempt of the same workflow run, from before `b`. */
export function earlierAttempt(a: Run, b: Run): boolean {
  return sameWorkflow(a, b) && a.attempt < b.attempt
}

/** Whether `a` was started after `b`; GitHub numbers the runs of a repository in the order in which they are made. */
export function newerRun(a: Run, b: Run): boolean {
  return a.repository === b.repository && BigInt(a.id) > BigInt(b.id)
}

/** `OWNER/REPO@abc1234 run 987.1`. */
export function describeRun(run: Run): string {
  return `${run.repository}@${run.commit.slice(0, 7)} run ${run.id}.${run.attempt}`
}

/**
 * When a canary was left as it is, epoch milliseconds; undefined where a journal was written by hand and does not tell.
 */
export function leftAt({ since }: Waiting): number | undefined {
  const at = Date.parse(since)
  return Number.isNaN(at) ? undefined : at
}

/** The minute of an instant as journals write it: `2026-11-23T10:00Z`. */
export function journalTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`
}
