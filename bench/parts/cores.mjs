// SPDX-License-Identifier: BSD-2-Clause
// Which core serves and which one drives. On a machine with one core both share it, and the tables say so.
import { availableParallelism } from 'node:os'

const count = availableParallelism()
export const cores = { count, server: '0', driver: count > 1 ? '1' : '0', all: `0-${count - 1}` }
