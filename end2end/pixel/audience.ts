// Plays the audience API on an origin of its own: answers preflights, messages and consents as the API does, keeps what came,
// and refuses what the published contract refuses. A test scripts the next answers to messages.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Message = {
  type: string, messageId: string, eventTimestamp: string, anonymousId: string, sessionId: string,
  surface: string, consentLevel: string, test?: boolean, eventName?: string, userId?: string, identityType?: string,
  fromId?: string, fromType?: string, toId?: string, toType?: string,
  properties: Record<string, unknown>, traits: Record<string, unknown>, context: Record<string, string>,
}
export type Consent = { anonymousId: string, status: string, source: string }
export type Request = { headers: IncomingMessage['headers'], messages: Message[] }
/** What the API says next: a status, or an answer that is held until `until` resolves. */
export type Answer = { status?: number, headers?: Record<string, string>, body?: unknown, until?: Promise<void> }

const pixel = new URL('../../public/pixel.js', import.meta.url)
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const LENGTHS: Record<string, number> = { pageUrl: 2048, pagePath: 2048, pageReferrer: 2048, userAgent: 512 }
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT',
  'access-control-allow-headers': 'content-type, x-immutable-publishable-key',
  'access-control-expose-headers': 'retry-after, x-trace-id',
}

/** One per worker; what came is kept by key, so that a late request of one test never shows up in the next. */
export async function listen() {
  const requests = new Map<string, Request[]>()
  const consents = new Map<string, Consent[]>()
  const script = new Map<string, Answer[]>()
  const of = <T>(map: Map<string, T[]>, key: string) => map.get(key) ?? map.set(key, []).get(key)!

  const server = createServer(async (request, response) => {
    if (request.url === '/pixel.js') {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8', 'cross-origin-resource-policy': 'cross-origin' })
      return response.end(readFileSync(pixel))
    }
    const asked = `${request.method} ${request.url?.replace('/v1/audience/', '')}`
    if (request.method === 'OPTIONS') return response.writeHead(204, CORS).end()
    const key = String(request.headers['x-immutable-publishable-key'])
    const said = JSON.parse(await body(request) || '{}')
    if (asked === 'PUT tracking-consent') {
      of(consents, key).push(said)
      return response.writeHead(204, CORS).end()
    }
    if (asked !== 'POST messages') return response.writeHead(404, CORS).end()
    const { messages } = said as { messages: Message[] }
    const answer = of(script, key).shift() ?? {}
    of(requests, key).push({ headers: request.headers, messages })
    await answer.until
    say(response, answer, messages)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: (key: string) => of(requests, key),
    consents: (key: string) => of(consents, key),
    next: (key: string, ...answers: Answer[]) => { of(script, key).push(...answers) },
    close: () => { server.closeAllConnections(); server.close() },
  }
}
export type Audience = Awaited<ReturnType<typeof listen>>

/** What the published contract holds against a message; empty when it is sound. */
export function faults(message: Message): string[] {
  const found: string[] = []
  const { context, type } = message
  if (!UUID.test(message.messageId)) found.push('messageId')
  if (!UUID.test(message.anonymousId)) found.push('anonymousId')
  if (!UUID.test(message.sessionId)) found.push('sessionId')
  if (Number.isNaN(Date.parse(message.eventTimestamp)) || !message.eventTimestamp.endsWith('Z')) found.push('eventTimestamp')
  if (!['anonymous', 'full'].includes(message.consentLevel)) found.push('consentLevel')
  if (message.surface !== 'pixel') found.push('surface')
  if (!['page', 'track', 'identify', 'alias'].includes(type)) found.push('type')
  if (type === 'track' && !message.eventName) found.push('eventName')
  if (type === 'identify' && !(message.userId && message.identityType)) found.push('userId')
  if (type === 'alias' && !(message.fromId && message.fromType && message.toId && message.toType)) found.push('fromId')
  if (message.consentLevel !== 'full' && (message.userId || message.traits || message.fromId || message.properties?.email_hash)) found.push('personal data without full consent')
  if (!context.library || !context.libraryVersion) found.push('context.library')
  for (const [name, value] of Object.entries(context)) {
    if (typeof value !== 'string' || value.includes('\0') || value.length > (LENGTHS[name] ?? 256)) found.push(`context.${name}`)
  }
  return found
}

function say(response: ServerResponse, answer: Answer, messages: Message[]) {
  const accepted = { success: true, accepted: messages.length, rejected: 0, rejections: [] }
  response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...CORS, ...answer.headers })
  response.end(JSON.stringify(answer.body ?? (answer.status ? { code: 'SCRIPTED', message: 'scripted' } : accepted)))
}

async function body(request: IncomingMessage) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
