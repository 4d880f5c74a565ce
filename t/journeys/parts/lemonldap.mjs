// SPDX-License-Identifier: BSD-2-Clause
// A real OpenID Provider of Debian's: LemonLDAP::NG's portal as a FastCGI server of its own, with its demonstration users.
import { createPublicKey } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'

// Another version than the installed one: where its packages were unpacked, with what Perl modules they need.
const tree = process.env.SLO_LEMONLDAP ?? ''
const portal = `${tree}/usr/share/lemonldap-ng/portal`
const modules = tree && { PERL5LIB: `${tree}/usr/share/perl5:${tree}/usr/lib/x86_64-linux-gnu/perl5/5.36` }

// Debian 12's 2.16 has a place in its code for logout tokens, and nothing in it.
export const sends_logout_tokens = () =>
  /logout_token/.test(readFileSync(`${tree}/usr/share/perl5/Lemonldap/NG/Portal/Issuer/OpenIDConnect.pm`, 'utf8'))

const ini = (home) => `[all]
logLevel = notice
checkTime = 1
[configuration]
type = File
dirName = ${home}/conf
localStorage = Cache::FileCache
localStorageOptions = {'namespace' => 'config', 'default_expires_in' => 600, 'directory_umask' => '007', 'cache_root' => '${home}/cache', 'cache_depth' => 3}
[portal]
staticPrefix = /static
templateDir = ${portal}/templates
languages = en
[handler]
status = 0
`

const storage = (home, name) => ({ Directory: `${home}/${name}`, LockDirectory: `${home}/${name}/lock`,
  generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256' })

const told_itself = ({ backchannel_logout_uri, backchannel_logout_session_required }) => ({
  oidcRPMetaDataOptionsLogoutUrl: backchannel_logout_uri, oidcRPMetaDataOptionsLogoutType: 'back',
  oidcRPMetaDataOptionsLogoutSessionRequired: backchannel_logout_session_required ? 1 : 0 })

const relying_party = ({ client_id, client_secret, redirect_uris, id_token_signed_response_alg = 'RS256' }) => ({
  oidcRPMetaDataOptionsClientID: client_id, oidcRPMetaDataOptionsClientSecret: client_secret,
  oidcRPMetaDataOptionsRedirectUris: redirect_uris.join(' '), oidcRPMetaDataOptionsIDTokenSignAlg: id_token_signed_response_alg,
  oidcRPMetaDataOptionsBypassConsent: 1, oidcRPMetaDataOptionsIDTokenExpiration: 3600 })

const of_each = (clients, value) => Object.fromEntries(clients.map((client) => [client.client_id, value(client)]))

const configuration = ({ home, issuer, key, kid, clients, tells, guarded }) => ({
  cfgNum: 1, cfgAuthor: 'a journey', cfgDate: 1, portal: `${issuer}/`, domain: new URL(issuer).hostname, cookieName: 'lemonldap', securedCookie: 0,
  authentication: 'Demo', userDB: 'Same', passwordDB: 'Demo', registerDB: 'Null', whatToTrace: 'uid', portalRequireOldPassword: 1,
  demoExportedVars: { cn: 'cn', mail: 'mail', uid: 'uid' }, exportedVars: {}, groups: {}, macros: {}, sessionDataToRemember: {},
  globalStorage: 'Apache::Session::File', globalStorageOptions: storage(home, 'sessions'),
  persistentStorage: 'Apache::Session::File', persistentStorageOptions: storage(home, 'psessions'),
  localSessionStorage: 'Cache::FileCache',
  localSessionStorageOptions: { cache_depth: 3, cache_root: `${home}/cache`, default_expires_in: 600, directory_umask: '007', namespace: 'sessions' },
  locationRules: Object.fromEntries(guarded.map((host) => [host, { default: 'accept' }])),
  exportedHeaders: Object.fromEntries(guarded.map((host) => [host, { 'Auth-User': '$uid' }])), timeout: 72000, captcha_login_enabled: 0, captcha_mail_enabled: 0, captcha_register_enabled: 0,
  issuerDBOpenIDConnectActivation: 1, oidcServiceMetaDataIssuer: issuer, oidcServiceAllowAuthorizationCodeFlow: 1,
  oidcServicePrivateKeySig: key.pem, oidcServiceKeyIdSig: kid,
  oidcServicePublicKeySig: createPublicKey(key.pem).export({ type: 'spki', format: 'pem' }),
  oidcRPMetaDataOptions: of_each(clients, (client) => ({ ...relying_party(client), ...(tells && told_itself(client)) })),
  oidcRPMetaDataExportedVars: of_each(clients, () => ({ name: 'cn', email: 'mail', preferred_username: 'uid' })),
})

// {location(path, query): what stands in a location of nginx for it; handler: … for auth_request}. `issuer` comes from make_issuer(): its RSA key signs ID Tokens. `guarded` are
// hosts whose users its handler lets pass, by name. `tells`: it sends its clients logout tokens itself.
export async function start_lemonldap(house, { issuer, clients, tells = false, guarded = [] }) {
  const home = house.path('llng')
  for (const dir of ['', '/conf', '/cache', '/sessions', '/sessions/lock', '/psessions', '/psessions/lock']) mkdirSync(home + dir, { recursive: true, mode: 0o777 })
  house.write('llng/lemonldap-ng.ini', ini(home))
  const { kid } = issuer.public_jwks.keys.find(({ kty }) => kty === 'RSA')
  house.write('llng/conf/lmConf-1.json', JSON.stringify(configuration({ home, issuer: issuer.issuer, key: issuer.keys.RS256, kid, clients, tells, guarded })))
  const as_root = process.getuid() === 0
  if (as_root) for (const dir of ['', '/conf', '/conf/lmConf-1.json', '/cache', '/sessions', '/sessions/lock', '/psessions', '/psessions/lock']) house.give(home + dir, 'www-data')
  const socket = `${home}/fastcgi.sock`
  await house.start('llng-server', [tree ? `${tree}/usr/sbin/llng-fastcgi-server` : 'llng-fastcgi-server', '--foreground', '--socket', socket, '--proc', '2', '--pid', `${home}/server.pid`,
    ...(as_root ? ['--user', 'www-data', '--group', 'www-data'] : [])], socket, { env: { ...process.env, ...modules, LLNG_DEFAULTCONFFILE: `${home}/lemonldap-ng.ini`, LLNG_DEFAULTLOGGER: 'Lemonldap::NG::Common::Logger::Std' } })
  // nginx' location for the portal, asked what the browser asks, or something else.
  const location = (path = '$uri', query = '$query_string') => `fastcgi_pass unix:${socket}; ${['REQUEST_METHOD $request_method', 'CONTENT_TYPE $content_type', 'CONTENT_LENGTH $content_length', 'REQUEST_URI $request_uri', 'SERVER_PROTOCOL $server_protocol', 'REMOTE_ADDR $remote_addr', 'SERVER_NAME $host', 'SERVER_PORT $server_port'].map((text) => `fastcgi_param ${text};`).join(' ')}
      fastcgi_param HTTP_HOST $http_host; fastcgi_param LLTYPE psgi;
      fastcgi_param SCRIPT_FILENAME ${portal}/htdocs/index.psgi; fastcgi_param SCRIPT_NAME ""; fastcgi_param PATH_INFO ${path}; fastcgi_param QUERY_STRING ${query};`
  const handler = `fastcgi_pass unix:${socket}; fastcgi_pass_request_body off; ${['CONTENT_LENGTH ""', 'REQUEST_METHOD $request_method', 'HTTP_HOST $host', 'SERVER_NAME $host', 'SERVER_PORT $server_port', 'REQUEST_URI $request_uri', 'X_ORIGINAL_URI $request_uri', 'REMOTE_ADDR $remote_addr', 'SERVER_PROTOCOL $server_protocol'].map((text) => `fastcgi_param ${text};`).join(' ')}`
  return { location, handler }
}
