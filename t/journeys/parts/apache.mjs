// SPDX-License-Identifier: BSD-2-Clause
// A real relying party: Debian's apache2 with mod_auth_openidc, as an instance of its own. Everything but / needs a login.
import { mkdirSync, writeFileSync } from 'node:fs'

const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc', 'dir', 'mime', 'include', 'alias',
                 'headers']

const conf = ({ home, host, port, op, client, as_root, redirect_uri = `http://${host}:${port}/app/callback`, more = '', provider = `OIDCProviderMetadataURL ${op}/.well-known/openid-configuration` }) => `
ServerRoot ${home}
ServerName ${host}
Listen ${host}:${port}
PidFile ${home}/httpd.pid
Mutex file:${home} default
DefaultRuntimeDir ${home}
ErrorLog ${home}/error.log
LogLevel warn auth_openidc:debug
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${as_root ? 'User www-data\nGroup www-data' : ''}
LogFormat "%m %U%q %>s" short
CustomLog ${home}/access.log short
TypesConfig /etc/mime.types
DocumentRoot ${home}/www

${provider}
OIDCClientID ${client.client_id}
OIDCClientSecret ${client.client_secret}
OIDCRedirectURI ${redirect_uri}
OIDCIDTokenSignedResponseAlg ${client.id_token_signed_response_alg}
OIDCCryptoPassphrase only-for-this-journey
OIDCScope "openid"
OIDCCacheType file
OIDCCacheDir ${home}/cache
OIDCSSLValidateServer Off
OIDCCookieSameSite On
${more}

<Location /app>
  AuthType openid-connect
  Require valid-user
</Location>
<Directory ${home}/www>
  Options +Includes
  AddType text/html .html
  AddOutputFilter INCLUDES .html
  DirectoryIndex index.html
</Directory>
`

export function apache_client(id, host, port, alg) {
  const base = `http://${host}:${port}`
  return {
    client_id: id, client_secret: `secret-of-${id}`, redirect_uris: [`${base}/app/callback`],
    post_logout_redirect_uris: [`${base}/`], id_token_signed_response_alg: alg,
    backchannel_logout_uri: `${base}/app/callback?logout=backchannel`, backchannel_logout_session_required: true,
  }
}

// `redirect_uri` and `more` directives where it stands behind a proxy; `provider` directives where the OP's documents do not say all.
export async function start_apache(house, { host, port, op, client, ...how }) {
  const home = house.path('apache')
  for (const dir of ['', '/cache', '/www', '/www/app']) mkdirSync(home + dir, { recursive: true, mode: 0o777 })
  writeFileSync(`${home}/www/index.html`, 'signed out\n')
  writeFileSync(`${home}/www/app/index.html`, 'apache shows this to <!--#echo var="OIDC_CLAIM_sub" -->\n')
  const as_root = process.getuid() === 0
  if (as_root) house.give(`${home}/cache`, 'www-data')
  writeFileSync(`${home}/httpd.conf`, conf({ home, host, port, op, client, as_root, ...how }))
  await house.start('apache', ['apache2', '-DFOREGROUND', '-d', home, '-f', 'httpd.conf'], { host, port })
  return { page: `http://${host}:${port}/app/`, log: () => house.read('apache/error.log'),
           access_log: () => house.read('apache/access.log') }
}
