// SPDX-License-Identifier: BSD-2-Clause
// What browsers and receivers may do: go away while they wait, fail at first.
import http from 'node:http'
import { connect as connect_http2 } from 'node:http2'
import { eventually, sleep } from './house.mjs'

const waits = { wait: '1s' }

// Sends the logout and goes away some time later, whatever has happened until then.
function abort_http1(url, path, after) {
  const { hostname: host, port } = new URL(url)
  return new Promise((gone) => {
    const request = http.request({ host, port, path, agent: false }, (answer) => answer.resume())
    request.on('error', () => {}).on('close', gone).end()
    setTimeout(() => request.destroy(), after)
  })
}

// The same with its stream reset, or with the whole connection gone.
function abort_http2(url, path, after, whole) {
  return new Promise((gone) => {
    const session = connect_http2(url)
    session.on('error', () => {}).on('close', gone)
    const request = session.request({ ':path': path })
    request.on('error', () => {}).resume().end()
    setTimeout(() => {
      if (whole) return session.destroy()
      request.close()
      session.close()
    }, after)
  })
}

const leave_early = (abort) => async (stage) => {
  let turn = 0
  await stage.log_everybody_out(async (session) => {
    const path = await stage.logout_path(session)
    await abort(stage, path, turn++ * 7 % 120, turn % 2)  // before it is read, while Redis is asked, while receivers are
    await stage.log_out(session)
  })
}

export const faults_of_peers = [
  {
    name: 'browsers go away (HTTP/1.1)',
    sessions: [[1, 200], [50, 4]],
    delivery: waits,
    proof: [/client prematurely closed connection/g, 10],
    strike: leave_early((stage, path, after) => abort_http1(stage.one.url, path, after)),
  },
  {
    name: 'browsers go away (HTTP/2)',
    sessions: [[1, 200], [50, 4]],
    delivery: waits,
    door: 'http2',
    proof: [/client prematurely closed connection|client terminated stream/g, 10],
    strike: leave_early((stage, path, after, whole) => abort_http2(stage.door, path, after, whole)),
  },
  {
    name: 'receivers answer 503 at first, two hosts try again',
    sessions: [[1, 200], [50, 4]],
    hosts: 2,
    strike: async (stage) => {
      stage.behave({ status: 503 })
      let turn = 0
      const all_out = stage.log_everybody_out((session) => {
        stage.front = turn++ % 2 ? stage.two : stage.one
        return stage.log_out(session)
      })
      await eventually('half of them are refused', () => stage.checker.refused >= stage.checker.owed / 2, { within: 40_000 })
      await sleep(1000)
      stage.behave({})
      await all_out
    },
  },
]
