// Alice, who is asked for her consent: by the forms that a browser would show her, or decided for her by the control API.

export async function decide(tpp, path, document) {
  const headers = { 'content-type': 'application/json' }
  const decided = await tpp.visit(`${tpp.registered.issuer}/sandbox${path}`, { method: 'POST', body: JSON.stringify(document), headers })
  if (!decided.ok) throw new Error(`${path}: ${decided.status} ${await decided.text()}`)
}

export async function approveByControl(tpp, url, consentId) {
  await decide(tpp, `/consents/${consentId}/approve`, { persona: 'alice' })
  return new URL((await tpp.visit(url)).headers.get('location'))
}

export async function approveByForms(tpp, url) {
  const browse = browser(tpp)
  let page = await browse(url)
  page = await browse(page.url, { ...hiddenFields(page.html, 'login-submit'), username: 'alice', password: 'alice-pw' })
  const chosen = new URLSearchParams(hiddenFields(page.html, 'consent-approve'))
  const accounts = [...page.html.matchAll(/<input[^>]*name="account"[^>]*>/g)].map(([tag]) => attribute(tag, 'value'))
  for (const account of accounts.slice(0, 2)) chosen.append('account', account)
  const [button] = page.html.match(/<button[^>]*id="consent-approve"[^>]*>/)
  chosen.append(attribute(button, 'name'), attribute(button, 'value'))
  return new URL((await browse(page.url, chosen)).url)
}

// A browser without scripts: cookies, forms, and redirects until they leave the server.
function browser(tpp) {
  const jar = new Map()
  return async function browse(url, form) {
    let options = form ? { method: 'POST', body: new URLSearchParams(form) } : {}
    for (let hops = 0; hops < 8; hops += 1) {
      if (!url.startsWith(tpp.registered.issuer)) return { url }
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await tpp.visit(url, { ...options, headers: { cookie } })
      for (const set of response.headers.getSetCookie()) {
        const [name, ...value] = set.split(';')[0].split('=')
        jar.set(name, value.join('='))
      }
      if (response.status < 300 || response.status > 399) return { url, html: await response.text() }
      url = new URL(response.headers.get('location'), url).href
      options = {}
    }
    throw new Error('too many redirects')
  }
}

function hiddenFields(html, button) {
  const form = html.match(/<form[^>]*>[\s\S]*?<\/form>/g).find((text) => text.includes(`id="${button}"`))
  const inputs = form.match(/<input[^>]*type="hidden"[^>]*>/g) ?? []
  return Object.fromEntries(inputs.map((tag) => [attribute(tag, 'name'), attribute(tag, 'value')]))
}

const attribute = (tag, name) => tag.match(new RegExp(`${name}="([^"]*)"`))?.[1]
