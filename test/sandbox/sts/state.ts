/** A session: keys that are good until a time, in ms of the epoch. */
export type Session = {
  readonly accessKeyId: string
  readonly expiresAt: number
  /** The `x-amz-security-token` that has to come along, where one was given. */
  readonly token?: string
  /** The ARN of the role that it is one of, and its name there. */
  readonly role?: string
  readonly name?: string
}

/** A token that the issuer gave out. */
export type IssuedToken = {
  readonly audience: string
  readonly subject: string
  readonly issuedAt: number
  readonly expiresAt: number
}

export type StsState = {
  /** By access key id. */
  readonly sessions: Map<string, Session>
  /** Keys that belong to no session: those of a user never expire. */
  unknownKeys: 'accepted' | 'refused'
  /** By the token itself. */
  readonly tokens: Map<string, IssuedToken>
}

export function newSts(): StsState {
  return { sessions: new Map(), unknownKeys: 'accepted', tokens: new Map() }
}
