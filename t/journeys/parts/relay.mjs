// SPDX-License-Identifier: BSD-2-Clause
// Stands in front of whatever `to()` names, holds back what that says for `lag` ms, and loses what it holds when that dies.
import { connect, createServer } from 'node:net'
import { places } from './sentinels.mjs'

// {host, port}
export async function start_relay(house, { to, lag = 0 }) {
  const [at] = await places(1)
  const server = createServer((near) => {
    const far = connect(to())
    let is_over = false
    const over = () => { is_over = true, near.destroy(), far.destroy() }
    near.setNoDelay(), far.setNoDelay()
    near.on('data', (bytes) => far.write(bytes))
    far.on('data', (bytes) => {
      if (!lag) return near.write(bytes)
      setTimeout(() => { if (!is_over) near.write(bytes) }, lag)
    })
    for (const side of [near, far]) side.on('close', over).on('error', over)
  })
  await new Promise((done) => server.listen(at.port, at.host, done))
  house.when_over(() => server.close())
  return at
}
