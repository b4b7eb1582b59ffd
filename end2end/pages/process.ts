// The program as a process of its own: on a free port, in a temporary folder, ended by the one who started it.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Its own folder and a port for it to listen on. */
export interface Place { folder: string; listen: string }

export interface Running {
  /** The first lines that it printed. */
  said: string[]
  folder: string
  /** Ends it and leaves its folder. */
  end(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

/** Starts `postbacks`, in a copy of the folder `like` where one is given, and waits until it has printed so many lines. */
export async function start(asked: (place: Place) => { args: string[]; env?: Record<string, string> }, lines: number, like?: string): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'postbacks-end2end-'))
  if (like) cpSync(like, folder, { recursive: true })
  const { args, env } = asked({ folder, listen: `127.0.0.1:${await freePort()}` })
  const server = spawn(process.env.POSTBACKS_BIN!, args, {
    env: { ...process.env, RUST_LOG: 'warn', ...env }, cwd: join(import.meta.dirname, '../..'), stdio: ['ignore', 'pipe', 'pipe'],
  })
  const complaints: string[] = []
  server.stderr.on('data', (text) => complaints.push(String(text)))
  const said = await new Promise<string[]>((done, fail) => {
    const printed: string[] = []
    server.on('exit', (code) => fail(new Error(`postbacks ${args[0]} ended with ${code}: ${complaints.join('')}`)))
    createInterface({ input: server.stdout }).on('line', (line) => { if (printed.push(line) === lines) done(printed) })
  })
  server.removeAllListeners('exit')
  const end = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = new Promise((done) => server.on('exit', done))
    server.kill('SIGTERM')
    await ended
  }
  const stop = async () => {
    await end()
    rmSync(folder, { recursive: true, force: true })
  }
  return { said, folder, end, stop }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}
