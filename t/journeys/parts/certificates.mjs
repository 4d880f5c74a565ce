// SPDX-License-Identifier: BSD-2-Clause
// A certificate authority for one journey, and the certificates it issues.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

const openssl = (...words) => execFileSync('openssl', words, { stdio: 'ignore' })
const fresh_key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export function make_authority(house, name) {
  const ca = house.path(`${name}.pem`), ca_key = house.path(`${name}.key`)
  openssl('req', '-x509', ...fresh_key, '-keyout', ca_key, '-out', ca, '-subj', `/CN=${name}`, '-days', '2')
  // {key, cert} of a server called `host`, valid for `days` (-1: expired yesterday).
  const issue = (host, days = 2) => {
    const [key, request, cert, extensions] = ['key', 'csr', 'pem', 'ext'].map((kind) => house.path(`${name}-${host}${days}.${kind}`))
    openssl('req', ...fresh_key, '-keyout', key, '-out', request, '-subj', `/CN=${host}`)
    house.write(`${name}-${host}${days}.ext`, `subjectAltName=${isIP(host) ? 'IP' : 'DNS'}:${host}\n`)
    openssl('x509', '-req', '-in', request, '-CA', ca, '-CAkey', ca_key, '-CAcreateserial', '-out', cert, '-days', String(days),
            '-extfile', extensions)
    return { key: readFileSync(key), cert: readFileSync(cert) }
  }
  return { ca, issue }
}
