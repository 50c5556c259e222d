// A TPP's folder, opened as a client of the certified openid-client: what every walk shares.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as client from 'openid-client'
import { Agent, fetch } from 'undici'

const ALGORITHMS = {
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
}

export async function openTpp(folder) {
  const read = (name) => readFile(join(folder, name), 'utf8')
  const registered = JSON.parse(await read('client.json'))
  const jwk = JSON.parse(await read(registered.signing_jwks)).keys.find(({ kid }) => kid === registered.signing_kid)
  const signingKey = { key: await crypto.subtle.importKey('jwk', jwk, ALGORITHMS[jwk.alg], false, ['sign']), kid: jwk.kid }
  const ca = await read(registered.ca)
  const certificate = { cert: await read(registered.transport_certificate), key: await read(registered.transport_key) }
  const proves = registered.sender_constraint === 'dpop' // then tokens are bound to a key, and no call shows a certificate
  const own = new Agent({ connect: { ca, ...(proves ? {} : certificate) } })
  const browser = new Agent({ connect: { ca } })
  const config = await configured(registered, signingKey, proves, (url, options) => fetch(url, { ...options, dispatcher: own }))
  const DPoP = proves ? client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) : undefined
  return {
    registered, signingKey, config,
    options: { DPoP },
    visit: (url, options) => fetch(url, { redirect: 'manual', ...options, dispatcher: browser }),
    call: (token, url, options) => callResource({ config, own, DPoP }, token, url, options),
    close: () => Promise.all([own.close(), browser.close()]),
  }
}

async function configured(registered, signingKey, proves, customFetch) {
  const signed = registered.security_profile === 'fapi2-message-signing' ? registered : {} // asks for signed introspection
  const metadata = {
    use_mtls_endpoint_aliases: !proves,
    id_token_signed_response_alg: registered.id_token_signed_response_alg,
    authorization_signed_response_alg: registered.authorization_signed_response_alg ?? undefined,
    introspection_signed_response_alg: signed.introspection_signed_response_alg,
  }
  const tls = registered.token_endpoint_auth_method === 'tls_client_auth'
  const authentication = tls ? client.TlsClientAuth() : client.PrivateKeyJwt(signingKey)
  const fetching = { [client.customFetch]: customFetch }
  const config = await client.discovery(new URL(registered.issuer), registered.client_id, metadata, authentication, fetching)
  client.enableNonRepudiationChecks(config) // verify signatures also of what came straight from the server
  if (registered.response_mode === 'jwt') client.useJwtResponseMode(config)
  else if (registered.response_types.includes('code id_token')) {
    client.useCodeIdTokenResponseType(config)
    client.enableDetachedSignatureResponseChecks(config)
  }
  return config
}

async function callResource({ config, own, DPoP }, token, url, { method = 'GET', body } = {}) {
  const headers = new Headers({ 'x-fapi-interaction-id': crypto.randomUUID(), 'x-fapi-customer-ip-address': '192.0.2.7' })
  if (body) headers.set('content-type', 'application/json')
  if (!DPoP) {
    headers.set('authorization', `Bearer ${token}`)
    return fetch(url, { method, body, headers: Object.fromEntries(headers), dispatcher: own })
  }
  try {
    return await client.fetchProtectedResource(config, token, new URL(url), method, body, headers, { DPoP })
  } catch (error) {
    if (error instanceof client.WWWAuthenticateChallengeError) return error.response
    throw error
  }
}
