import { type Input, text } from '../input.ts'
import type { Answer } from '../wire.ts'
import type { World } from '../world.ts'
import { resourceNotFound } from './errors.ts'
import { getReleaseOr404 } from './lookup.ts'
import { functionArn, named } from './names.ts'
import { page } from './paging.ts'
import type { EventSource } from './state.ts'

/** CreateEventSourceMapping: enough for a function to have a trigger; nothing is polled. */
export function createEventSourceMapping(world: World, input: Input): Answer {
  const { name, qualifier } = named(world, { FunctionName: input.FunctionName })
  getReleaseOr404(world, name, qualifier)
  const source: EventSource = {
    id: world.ids.uuid(),
    created: world.now(),
    arn: functionArn(world, name, qualifier),
    input,
  }
  world.lambda.eventSources.set(source.id, source)
  return { body: { ...showEventSource(source), State: 'Creating' } }
}

/** ListEventSourceMappings: by function (exactly the ARN that the mapping names) and by source. */
export function listEventSourceMappings(world: World, input: Input): Answer {
  const arn = text(input, 'FunctionName') === undefined ? undefined : arnOf(world, input)
  const eventSource = text(input, 'EventSourceArn')
  const sources = [...world.lambda.eventSources.values()].filter(
    source =>
      (arn === undefined || source.arn === arn) &&
      (eventSource === undefined || source.input.EventSourceArn === eventSource),
  )
  const { items, ...more } = page(sources, input, 100)
  return { body: { EventSourceMappings: items.map(showEventSource), ...more } }
}

/** GetEventSourceMapping. */
export function getEventSourceMapping(world: World, input: Input): Answer {
  return { body: showEventSource(eventSourceOr404(world, input)) }
}

/** DeleteEventSourceMapping: gone at once. */
export function deleteEventSourceMapping(world: World, input: Input): Answer {
  const source = eventSourceOr404(world, input)
  world.lambda.eventSources.delete(source.id)
  return { body: { ...showEventSource(source), State: 'Deleting' } }
}

function arnOf(world: World, input: Input): string {
  const { name, qualifier } = named(world, { FunctionName: input.FunctionName })
  getReleaseOr404(world, name, qualifier)
  return functionArn(world, name, qualifier)
}

function eventSourceOr404(world: World, input: Input): EventSource {
  const source = world.lambda.eventSources.get(text(input, 'UUID') ?? '')
  if (!source) throw resourceNotFound('The resource you requested does not exist.')
  return source
}

function showEventSource({ id, arn, created, input }: EventSource): Input {
  const { FunctionName: _name, Enabled, ...rest } = input
  return {
    ...rest,
    UUID: id,
    FunctionArn: arn,
    EventSourceMappingArn: arn.replace(/:function:.*/, `:event-source-mapping:${id}`),
    LastModified: created / 1000,
    State: Enabled === false ? 'Disabled' : 'Enabled',
    StateTransitionReason: 'User action',
  }
}
