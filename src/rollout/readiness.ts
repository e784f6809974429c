/** What Lambda says of the state of a function or version; the strings are Lambda's own. */
export type LambdaState = {
  readonly state?: string
  readonly stateReason?: string
  readonly stateReasonCode?: string
  readonly update?: string
  readonly updateReason?: string
  readonly updateReasonCode?: string
  /** `On` once the snapshot of a SnapStart version is there; undefined where SnapStart is not asked for. */
  readonly snapshot?: string
}

/** Whether it can be used, is on its way, or never will be. */
export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'pending'; readonly because: string }
  | { readonly kind: 'failed'; readonly because: string }

/** Whether `$LATEST` has settled: no creation and no update in progress. */
export function readiness(of: LambdaState): Readiness {
  if (of.state === 'Failed') return failed('Failed', of.stateReason, of.stateReasonCode)
  if (of.state === 'Pending') return pending('Pending', of.stateReason)
  if (of.state !== undefined && of.state !== 'Active') return failed(of.state, of.stateReason, of.stateReasonCode)
  if (of.update === 'InProgress') return pending('LastUpdateStatus InProgress', of.updateReason)
  if (of.update === 'Failed') return failed('LastUpdateStatus Failed', of.updateReason, of.updateReasonCode)
  return { kind: 'ready' }
}

/**
 * Whether a published version can take traffic. A SnapStart version is usable once its snapshot is there
 * (https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html).
 */
export function versionReadiness(of: LambdaState): Readiness {
  const settled = readiness(of)
  if (settled.kind !== 'ready' || of.snapshot === undefined || of.snapshot === 'On') return settled
  return pending('SnapStart', 'its snapshot is being made')
}

function pending(state: string, reason = ''): Readiness {
  return { kind: 'pending', because: reason === '' ? state : `${state}: ${reason.replace(/\.$/, '')}` }
}

function failed(state: string, reason = '', code = ''): Readiness {
  const why = [code, reason.replace(/\.$/, '')].filter(part => part !== '').join(': ')
  return { kind: 'failed', because: why === '' ? state : `${state} (${why})` }
}
