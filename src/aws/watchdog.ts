import { createHash } from 'node:crypto'
import type { CreateScheduleCommandInput, SchedulerClient } from '@aws-sdk/client-scheduler'
import type { Clock, Watchdog, WatchdogAct } from '../ports.ts'
import { describeTarget, type Target } from '../rollout/outcome.ts'
import { primary } from '../rollout/routing.ts'
import { type ClientConfig, callOptions } from './client.ts'
import { doing, isNamed } from './errors.ts'

/** What is switched off is due so far ahead. */
const farMs = 24 * 60 * 60_000

/**
 * One-shot schedules of EventBridge Scheduler that update an alias by themselves when their time comes: universal
 * target `lambda:updateAlias` (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html).
 * Its client is loaded when it is first needed.
 */
export class SchedulerWatchdog implements Watchdog {
  readonly #role: string
  readonly #config: ClientConfig
  readonly #clock: Clock
  #loading: Promise<Calls> | undefined

  constructor(role: string, config: ClientConfig, clock: Clock) {
    this.#role = role
    this.#config = config
    this.#clock = clock
  }

  /**
   * A schedule that is switched off, whose time never comes: Scheduler looks at the role when it is made. It has a name
   * of its own, since the one that is there may be what is to make a dead run's alias whole.
   */
  async prepare(target: Target): Promise<void> {
    const name = nameOf(target, 'check')
    await this.#write(target, { ...this.#schedule(target, undefined, this.#clock.now() + farMs), Name: name })
    await this.#delete(target, name)
  }

  async set(target: Target, act: WatchdogAct, at: number, cut?: AbortSignal): Promise<void> {
    await this.#write(target, this.#schedule(target, act, at), cut)
  }

  async remove(target: Target): Promise<boolean> {
    return await this.#delete(target, nameOf(target))
  }

  async disarm(target: Target): Promise<void> {
    await this.#write(target, this.#schedule(target, undefined, this.#clock.now() + farMs))
  }

  removal(target: Target): string {
    return `aws scheduler delete-schedule --region ${target.region} --name ${nameOf(target)}`
  }

  async #delete(target: Target, name: string): Promise<boolean> {
    return await this.#doing('remove', 'DeleteSchedule', target, async ({ client, DeleteScheduleCommand }) => {
      try {
        await client.send(new DeleteScheduleCommand({ Name: name }))
        return true
      } catch (error) {
        if (!isNamed(error, 'ResourceNotFoundException')) throw error
        return false
      }
    })
  }

  /** An update replaces all of a schedule, so that the same members make and change it. */
  async #write(target: Target, schedule: CreateScheduleCommandInput, cut?: AbortSignal): Promise<void> {
    const action = 'CreateSchedule and scheduler:UpdateSchedule'
    await this.#doing('set', action, target, async ({ client, UpdateScheduleCommand, CreateScheduleCommand }) => {
      try {
        await client.send(new UpdateScheduleCommand(schedule), callOptions(cut))
      } catch (error) {
        if (!isNamed(error, 'ResourceNotFoundException')) throw error
        await client.send(new CreateScheduleCommand(schedule), callOptions(cut))
      }
    })
  }

  #schedule(target: Target, act: WatchdogAct | undefined, at: number): CreateScheduleCommandInput {
    const [, partition = 'aws'] = this.#role.split(':')
    return {
      Name: nameOf(target),
      Description: `lambda-rollout: takes a canary off ${describeTarget(target)} if the run that gave it traffic is gone`,
      ScheduleExpression: `at(${new Date(Math.ceil(at / 1_000) * 1_000).toISOString().slice(0, 19)})`,
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: act === undefined ? 'DISABLED' : 'ENABLED',
      ActionAfterCompletion: 'DELETE',
      Target: {
        Arn: `arn:${partition}:scheduler:::aws-sdk:lambda:updateAlias`,
        RoleArn: this.#role,
        Input: JSON.stringify({ FunctionName: target.functionName, Name: target.alias, ...membersOf(act) }),
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      },
    }
  }

  async #doing<T>(verb: string, action: string, target: Target, call: (calls: Calls) => Promise<T>): Promise<T> {
    const what = {
      what: `${verb} the watchdog of ${describeTarget(target)}`,
      action: `scheduler:${action} (and iam:PassRole on ${this.#role})`,
      resource: `the schedule default/${nameOf(target)}`,
    }
    this.#loading ??= load(this.#config)
    const calls = await this.#loading
    return await doing(what, () => call(calls))
  }
}

type Sdk = typeof import('@aws-sdk/client-scheduler')
type Calls = Pick<Sdk, 'CreateScheduleCommand' | 'UpdateScheduleCommand' | 'DeleteScheduleCommand'> & {
  readonly client: SchedulerClient
}

async function load(config: ClientConfig): Promise<Calls> {
  const sdk = await import('@aws-sdk/client-scheduler')
  return { ...sdk, client: new sdk.SchedulerClient(config) }
}

/**
 * UpdateAlias's members. The candidate's weight is set to nothing rather than the weights to none: that an empty map
 * survives Scheduler is not documented, and one that is dropped would leave the weights as they are.
 */
function membersOf(act: WatchdogAct | undefined) {
  if (act === undefined) return {}
  const RoutingConfig = { AdditionalVersionWeights: { [act.candidate]: 0 } }
  if (act.kind === 'drop') return { RoutingConfig }
  const { back, revision } = act
  return {
    FunctionVersion: primary(back.routing),
    RoutingConfig,
    Description: back.description,
    RevisionId: revision,
  }
}

/**
 * One an alias, so that a later run takes over what a dead one left: at most 64 characters, which begin alike, so that
 * a policy can name them.
 */
function nameOf({ functionName, alias }: Target, kind?: 'check'): string {
  const hash = createHash('sha256').update(`${functionName}:${alias}`).digest('hex')
  const end = kind === undefined ? hash.slice(0, 12) : `${hash.slice(0, 6)}-${kind}`
  return `lambda-rollout-${functionName.slice(0, 36)}-${end}`
}
