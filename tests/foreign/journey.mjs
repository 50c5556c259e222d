// A TPP built on the certified openid-client walks the whole journey, as its client.json says that it is registered, and prints one JSON
// line of what it saw.
// node journey.mjs <the TPP's folder> <forms|control>
import * as client from 'openid-client'
import { approveByControl, approveByForms } from './customer.mjs'
import { openTpp } from './tpp.mjs'

const SCA = 'urn:openbanking:psd2:sca'
const TRANSACTIONS = ['ReadTransactionsDetail', 'ReadTransactionsCredits', 'ReadTransactionsDebits']
const PERMISSIONS = ['ReadAccountsDetail', 'ReadBalances', ...TRANSACTIONS, 'ReadPartyPSU']

const [folder, approval] = process.argv.slice(2)
const tpp = await openTpp(folder)
const { registered, config, options } = tpp
const answers = [] // of the resource API, for the judge

async function call(token, method, path, document) {
  const body = document && JSON.stringify(document)
  const response = await tpp.call(token, `${registered.mtls}/open-banking/v4.0/aisp${path}`, { method, body })
  const text = await response.text()
  answers.push({ method, path, status: response.status, headers: Object.fromEntries(response.headers), body: text })
  return { status: response.status, document: text ? JSON.parse(text) : undefined }
}

async function authorizationUrl(parameters) {
  if (!registered.request_object_signing_alg) return client.buildAuthorizationUrlWithPAR(config, parameters, options)
  const signed = await client.buildAuthorizationUrlWithJAR(config, parameters, tpp.signingKey)
  if (registered.security_profile === 'fapi1-advanced') return signed // the browser itself brings it
  return client.buildAuthorizationUrlWithPAR(config, { request: signed.searchParams.get('request') }, options)
}

const own = await client.clientCredentialsGrant(config, { scope: 'accounts' }, options)
const lodged = await call(own.access_token, 'POST', '/account-access-consents', { Data: { Permissions: PERMISSIONS }, Risk: {} })
const consentId = lodged.document.Data.ConsentId

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const expectedNonce = client.randomNonce()
const url = await authorizationUrl({
  redirect_uri: registered.redirect_uris[0],
  scope: 'openid accounts',
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
  nonce: expectedNonce,
  claims: JSON.stringify({
    id_token: { openbanking_intent_id: { value: consentId, essential: true }, acr: { essential: true, values: [SCA] } },
    userinfo: { name: null },
  }),
})
const callback = approval === 'forms' ? await approveByForms(tpp, url.href) : await approveByControl(tpp, url.href, consentId)
const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }
const tokens = await client.authorizationCodeGrant(config, callback, checks, undefined, options)
const claims = tokens.claims()
const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub, options)
const standing = await client.tokenIntrospection(config, tokens.access_token)

const accounts = await call(tokens.access_token, 'GET', '/accounts')
const accountId = accounts.document.Data.Account[0].AccountId
await call(tokens.access_token, 'GET', `/accounts/${accountId}/balances`)
await call(tokens.access_token, 'GET', `/accounts/${accountId}/transactions`)

const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, options)
const afterRefresh = await call(refreshed.access_token, 'GET', '/balances')
await client.tokenRevocation(config, refreshed.access_token)
const afterRevocation = await call(refreshed.access_token, 'GET', '/balances')
await call(own.access_token, 'DELETE', `/account-access-consents/${consentId}`)
const afterWithdrawal = await call(tokens.access_token, 'GET', '/accounts')
const ended = await client.tokenIntrospection(config, tokens.access_token)

console.log(JSON.stringify({
  consentId,
  callback: [...new URLSearchParams(callback.search || callback.hash.slice(1)).keys()],
  tokenType: tokens.token_type,
  binding: Object.keys(standing.cnf),
  active: [standing.active, ended.active],
  intent: claims.openbanking_intent_id,
  acr: claims.acr,
  name: user.name,
  accounts: accounts.document.Data.Account.length,
  afterRefresh: afterRefresh.status,
  afterRevocation: afterRevocation.status,
  afterWithdrawal: afterWithdrawal.status,
  answers,
}))
await tpp.close()
