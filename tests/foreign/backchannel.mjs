// A TPP built on the certified openid-client asks a customer who is elsewhere (CIBA, poll mode), and prints one JSON line of what it saw.
// node backchannel.mjs <the TPP's folder> <allow|deny>
import { SignJWT } from 'jose'
import * as client from 'openid-client'
import { decide } from './customer.mjs'
import { openTpp } from './tpp.mjs'

const [folder, verb] = process.argv.slice(2)
const tpp = await openTpp(folder)
const { registered, signingKey, config, options } = tpp

// the library posts what it is given; FAPI-CIBA wants that signed
const request = await new SignJWT({ scope: 'openid accounts', login_hint: 'alice', binding_message: 'TILL-7' })
  .setProtectedHeader({ alg: registered.signing_alg, kid: signingKey.kid })
  .setIssuer(registered.client_id)
  .setAudience(registered.issuer)
  .setIssuedAt()
  .setNotBefore('0s')
  .setExpirationTime('2m')
  .setJti(crypto.randomUUID())
  .sign(signingKey.key)
const asked = await client.initiateBackchannelAuthentication(config, { request })
await decide(tpp, `/ciba/${asked.auth_req_id}/${verb}`, {})

const answered = { ...asked, interval: 0 } // so it need not wait before it polls
const poll = () => client.pollBackchannelAuthenticationGrant(config, answered, undefined, options)
const seen = { interval: asked.interval }
if (verb === 'deny') {
  seen.error = await poll().then(() => undefined, ({ error }) => error)
} else {
  const tokens = await poll()
  const accounts = await tpp.call(tokens.access_token, `${registered.mtls}/open-banking/v4.0/aisp/accounts`)
  seen.acr = tokens.claims().acr
  seen.accounts = (await accounts.json()).Data.Account.length
  seen.sub = (await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, options)).sub === tokens.claims().sub
  seen.error = await poll().then(() => undefined, ({ error }) => error) // once
}
console.log(JSON.stringify(seen))
await tpp.close()
