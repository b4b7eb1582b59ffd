// Says once more, as the very last lines, which tests failed, where and why: what a build keeps of its output is its end.
import type { FullConfig, Reporter, Suite, TestCase } from '@playwright/test/reporter'
import { relative } from 'node:path'

/** Lines of a failure that are repeated: what was expected, and of which element. */
const LINES = 12
const COLOURS = /\u001b\[[0-9;]*m/g

export default class Summary implements Reporter {
  #suite?: Suite
  #root = ''

  onBegin(config: FullConfig, suite: Suite) {
    this.#suite = suite
    this.#root = config.rootDir
  }

  onEnd() {
    for (const test of this.#suite?.allTests() ?? []) if (test.outcome() === 'unexpected') this.#tell(test)
  }

  #tell(test: TestCase) {
    for (const { message, location } of test.results.flatMap((result) => result.errors)) {
      const at = location ?? test.location
      console.log(`failed: ${test.titlePath().slice(1).join(' › ')}, at ${relative(this.#root, at.file)}:${at.line}`)
      console.log((message ?? '').replace(COLOURS, '').split('\n').filter(Boolean).slice(0, LINES).map((line) => `    ${line}`).join('\n'))
    }
  }
}
