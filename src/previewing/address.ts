import type { PreviewInputs } from '../inputs.ts'
import { type AliasSeen, CallFailed, type FunctionSeen, type UrlSeen, type World } from '../ports.ts'
import { noting } from '../releasing/release.ts'
import { formatJournal, type Run } from '../rollout/journal.ts'
import { describeTarget, type Target } from '../rollout/outcome.ts'
import { claim } from '../rollout/preview.ts'
import { whole } from '../rollout/routing.ts'
import { shut } from './unpreview.ts'

type Moved =
  | { readonly kind: 'moved'; readonly alias: AliasSeen }
  | { readonly kind: 'stood-aside'; readonly because: string }

/**
 * So often at most is the alias read again because somebody wrote it in between; a read may lag behind such a write.
 */
const triesAllowed = 5

const pauseMs = 500

/** Whether a pull request is open; one that cannot be asked about is taken for open, since an event says so. */
export async function isOpen(pull: number, { pulls }: World): Promise<boolean> {
  try {
    return (await pulls.isOpen(pull)) !== false
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return true
  }
}

/** Why nothing is shown of a pull request by a run that comes too late, or again. */
export function closedAlready(pull: number): string {
  return `pull request #${pull} is closed by now, and a preview of it would stay for good; reopen it to have one`
}

/** The alias as it is to stand, whole on the version; each time as it is read it is decided anew whether it may. */
export async function point(
  target: Target,
  version: string,
  before: AliasSeen | undefined,
  { run, pull }: { readonly run: Run; readonly pull: number },
  touching: () => void,
  world: World,
): Promise<Moved> {
  const { aliases, clock, cancel } = world
  const name = describeTarget(target)
  const asked = { routing: whole(version), description: formatJournal({ version, run }) }
  let seen = before
  for (let tries = 0; tries < triesAllowed; tries++) {
    if (seen !== undefined) {
      const whose = claim(name, seen.description, run)
      if (whose.kind !== 'ours') return { kind: 'stood-aside', because: whose.because }
    } else if (before !== undefined || tries > 0) {
      return { kind: 'stood-aside', because: `${name} was deleted meanwhile, as the end of its pull request does` }
    } else if (!(await isOpen(pull, world))) {
      return { kind: 'stood-aside', because: closedAlready(pull) }
    }
    const { revision } = seen ?? {}
    try {
      const written = await noting(touching, () =>
        revision === undefined ? aliases.create(target, asked) : aliases.update(target, asked, revision),
      )
      if (written.kind === 'written') return { kind: 'moved', alias: written.alias }
    } catch (error) {
      // An alias that is gone cannot be updated; the next look tells.
      const gone = error instanceof CallFailed && error.kind === 'rejected' && revision !== undefined
      if (!gone || (await aliases.read(target)) !== undefined) throw error
    }
    await clock.sleep(pauseMs, cancel)
    seen = await aliases.read(target)
  }
  return { kind: 'stood-aside', because: `${name} keeps being changed by somebody else; re-run once they are done` }
}

/** Takes away who may call the URL that there may be from before. */
export async function shutBefore(target: Target, world: World): Promise<void> {
  await shut(target, await world.urls.read(target), world)
}

type Given =
  | { readonly kind: 'given'; readonly seen: UrlSeen }
  | { readonly kind: 'failed' | 'stood-aside'; readonly because: string }

/** The URL, never more open than asked for: it is opened last. */
export async function giveUrl(
  { target, auth }: Pick<PreviewInputs, 'target' | 'auth'>,
  { version }: FunctionSeen,
  { description }: AliasSeen,
  world: World,
): Promise<Given> {
  const { urls, aliases } = world
  const { functionName, region } = target
  const name = describeTarget(target)
  const stands = `${name} serves version ${version} all the same, and can be called with \`aws lambda invoke --region ${region} --function-name ${name} answer.json\``
  try {
    // What a later run has pointed the alias at may be meant for fewer eyes than this run's version.
    const now = auth === 'NONE' ? await aliases.read(target) : undefined
    if (auth === 'NONE' && now?.description !== description) {
      return { kind: 'stood-aside', because: `${name} was taken over by a later run, or taken away` }
    }
    const there = (await urls.read(target)) ?? (await urls.create(target, auth))
    const seen = there.auth === auth ? there : await urls.update(target, auth)
    if (auth === 'AWS_IAM') return { kind: 'given', seen }
    if ((await urls.open(target)) === 'open') return { kind: 'given', seen }
    return {
      kind: 'failed',
      because: `the function URL of ${name} could not be opened, because AWS is set to block public policies; set \`function-url-auth: AWS_IAM\`, or allow public policies for ${functionName}; ${stands}`,
    }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return { kind: 'failed', because: `${error.message}; ${stands}` }
  }
}
