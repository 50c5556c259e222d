// A TPP built on the certified openid-client walks the whole journey and prints one JSON line of what it saw.
// node journey.mjs <state directory> <tpp name> <forms|control>
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as client from 'openid-client'
import { Agent, fetch } from 'undici'

const [stateDirectory, tppName, approval] = process.argv.slice(2)
const read = (...parts) => readFile(join(stateDirectory, ...parts), 'utf8')
const ready = JSON.parse(await read('ready.json'))
const folder = ['tpps', tppName]
const tpp = JSON.parse(await read(...folder, 'client.json'))
const jwk = JSON.parse(await read(...folder, tpp.signing_jwks)).keys.find((key) => key.kid === tpp.signing_kid)
const proves = tpp.sender_constraint === 'dpop' // tokens are bound to a key, and no call shows a certificate
const certificate = { cert: await read(...folder, tpp.transport_certificate), key: await read(...folder, tpp.transport_key) }
const dispatcher = new Agent({ connect: { ca: await read('pki', 'ca.pem'), ...(proves ? {} : certificate) } })
const browserDispatcher = new Agent({ connect: { ca: await read('pki', 'ca.pem') } })
const algorithms = {
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
}
const key = await crypto.subtle.importKey('jwk', jwk, algorithms[jwk.alg], false, ['sign'])
const customFetch = (url, options) => fetch(url, { ...options, dispatcher })

const config = await client.discovery(
  new URL(tpp.issuer),
  tpp.client_id,
  { use_mtls_endpoint_aliases: !proves, id_token_signed_response_alg: jwk.alg === 'ES256' ? 'ES256' : 'PS256' },
  client.PrivateKeyJwt({ key, kid: jwk.kid }),
  { [client.customFetch]: customFetch },
)
const options = proves ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) } : undefined
const aisp = `${ready.mtls}/open-banking/v4.0/aisp`
const answers = []

async function call(token, method, path, body) {
  const headers = new Headers({ 'x-fapi-interaction-id': crypto.randomUUID(), 'x-fapi-customer-ip-address': '192.0.2.7' })
  if (body) headers.set('content-type', 'application/json')
  const response = await fetchResource(token, method, `${aisp}${path}`, body ? JSON.stringify(body) : undefined, headers)
  const text = await response.text()
  answers.push({ method, path, status: response.status, headers: Object.fromEntries(response.headers), body: text })
  return { status: response.status, document: text ? JSON.parse(text) : undefined }
}

async function fetchResource(token, method, url, body, headers) {
  if (!proves) return customFetch(url, { method, body, headers: { ...Object.fromEntries(headers), authorization: `Bearer ${token}` } })
  try {
    return await client.fetchProtectedResource(config, token, new URL(url), method, body, headers, options)
  } catch (error) {
    if (error instanceof client.WWWAuthenticateChallengeError) return error.response
    throw error
  }
}

function fields(html, formAction) {
  const form = [...html.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)].map((match) => match[0]).find((text) => text.includes(formAction))
  const inputs = [...form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map((match) => match[0])
  const attribute = (tag, name) => tag.match(new RegExp(`${name}="([^"]*)"`))?.[1]
  return Object.fromEntries(inputs.map((tag) => [attribute(tag, 'name'), attribute(tag, 'value')]))
}

async function walkForms(url) {
  const jar = new Map()
  async function visit(target, form) {
    for (let hops = 0; hops < 8; hops += 1) {
      if (!String(target).startsWith(ready.issuer)) return { url: new URL(target) }
      const response = await fetch(target, {
        method: form ? 'POST' : 'GET',
        body: form ? new URLSearchParams(form) : undefined,
        redirect: 'manual',
        dispatcher: browserDispatcher,
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      })
      for (const cookie of response.headers.getSetCookie()) {
        const [name, ...value] = cookie.split(';')[0].split('=')
        jar.set(name, value.join('='))
      }
      if (response.status < 300 || response.status > 399) return { url: new URL(target), html: await response.text() }
      target = new URL(response.headers.get('location'), target).href
      form = undefined
    }
    throw new Error('too many redirects')
  }
  let page = await visit(url)
  page = await visit(page.url.href, { ...fields(page.html, 'login-submit'), username: 'alice', password: 'alice-pw' })
  const accounts = [...page.html.matchAll(/<input[^>]*name="account"[^>]*>/g)].map((match) => match[0].match(/value="([^"]*)"/)[1])
  const chosen = new URLSearchParams(fields(page.html, 'consent-approve'))
  for (const account of accounts.slice(0, 2)) chosen.append('account', account)
  const approve = page.html.match(/<button[^>]*id="consent-approve"[^>]*>/)[0]
  const name = approve.match(/name="([^"]*)"/)?.[1]
  if (name) chosen.append(name, approve.match(/value="([^"]*)"/)?.[1] ?? '')
  return (await visit(page.url.href, chosen)).url
}

async function approveByControl(url, consentId) {
  const decided = await fetch(`${ready.issuer}/sandbox/consents/${consentId}/approve`, {
    method: 'POST',
    body: JSON.stringify({ persona: 'alice' }),
    headers: { 'content-type': 'application/json' },
    dispatcher: browserDispatcher,
  })
  if (!decided.ok) throw new Error(`approve: ${decided.status} ${await decided.text()}`)
  const response = await fetch(url, { redirect: 'manual', dispatcher: browserDispatcher })
  return new URL(response.headers.get('location'))
}

const clientCredentials = await client.clientCredentialsGrant(config, { scope: 'accounts' }, options)
const permissions = ['ReadAccountsDetail', 'ReadBalances', 'ReadTransactionsDetail', 'ReadTransactionsCredits', 'ReadTransactionsDebits']
const lodged = await call(clientCredentials.access_token, 'POST', '/account-access-consents', { Data: { Permissions: permissions }, Risk: {} })
const consentId = lodged.document.Data.ConsentId
const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const expectedNonce = client.randomNonce()
const authorizationUrl = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: tpp.redirect_uris[0],
  scope: 'openid accounts',
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
  nonce: expectedNonce,
  claims: JSON.stringify({ id_token: { openbanking_intent_id: { value: consentId, essential: true }, acr: { essential: true, values: ['urn:openbanking:psd2:sca'] } } }),
}, options)
const callback = approval === 'forms' ? await walkForms(authorizationUrl.href) : await approveByControl(authorizationUrl.href, consentId)
const tokens = await client.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }, undefined, options)
const accounts = await call(tokens.access_token, 'GET', '/accounts')
const accountId = accounts.document.Data.Account[0].AccountId
await call(tokens.access_token, 'GET', `/accounts/${accountId}/balances`)
await call(tokens.access_token, 'GET', `/accounts/${accountId}/transactions`)
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, options)
const again = await call(refreshed.access_token, 'GET', '/balances')
await call(clientCredentials.access_token, 'DELETE', `/account-access-consents/${consentId}`)
const refused = await call(refreshed.access_token, 'GET', '/accounts')
await client.tokenRevocation(config, tokens.refresh_token)
const claims = tokens.claims()
console.log(JSON.stringify({
  consentId,
  tokenType: tokens.token_type,
  accounts: accounts.document.Data.Account.length,
  intent: claims.openbanking_intent_id,
  acr: claims.acr,
  afterRefresh: again.status,
  afterWithdrawal: refused.status,
  answers,
}))
await dispatcher.close()
await browserDispatcher.close()
