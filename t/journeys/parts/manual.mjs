// SPDX-License-Identifier: BSD-2-Clause
// What the documentation tells people to type, taken from it word by word, so that it cannot rot.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

export const root = new URL('../../../', import.meta.url).pathname

// The code blocks of a Markdown file in one language, in order, without the indentation of lists.
export function blocks_of(file, language) {
  const blocks = []
  const fence = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^\\1\`\`\`$`, 'gm')
  for (const [, indent, text] of readFileSync(`${root}${file}`, 'utf8').matchAll(fence)) {
    blocks.push(text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
  }
  if (blocks.length === 0) throw new Error(`${file} has no block of ${language}`)
  return blocks
}

// The first block that holds `word`.
export function block_with(file, language, word) {
  const found = blocks_of(file, language).find((text) => text.includes(word))
  if (found === undefined) throw new Error(`${file} has no block of ${language} with ${word}`)
  return found
}

// Writes `others` in place of what `text` names; each of it has to be there, or the test means another text.
export function substituted(text, others) {
  for (const [from, to] of Object.entries(others)) {
    if (!text.includes(from)) throw new Error(`"${from}" is not in:\n${text}`)
    text = text.replaceAll(from, to)
  }
  return text
}

// Types it, in the root of the repository; stops at the first command that fails.
export async function type(text) {
  return (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', text], { cwd: root })).stdout
}
