/*! Postbacks pixel 1.0.0. Keeps the ad click of a visit and tells Postbacks about pages and events.
 *  Served as it is: no build step, no dependency. Commands, before or after this file has loaded:
 *    postbacks.push(['init', {key, consent, domain, endpoint, testMode}])   key is required, the rest has defaults
 *    postbacks.push(['consent', 'none' | 'anonymous' | 'full'])             none until said otherwise
 *    postbacks.push(['page', properties])                                   sent once by itself
 *    postbacks.push(['track', 'purchase', {value: '9.99', currency: 'USD'}])
 *    postbacks.push(['identify', userId, identityType, traits])             at full consent only
 *  window.__imtbl takes the same commands. At consent none nothing is sent or stored. */
(() => {
  'use strict'
  const CLICK_IDS = ['ttclid', 'fbclid', 'gclid', 'gbraid', 'wbraid', 'dclid', 'rdt_cid', 'twclid', 'msclkid', 'li_fat_id']
  const UTM = ['source', 'medium', 'campaign', 'content', 'term'].map(part => 'utm_' + part)
  // First-party cookies of the networks' own pixels -> the property they travel in. Read, never written.
  const NETWORK_COOKIES = { _fbc: 'fb_click_id', _fbp: 'fb_browser_id', _ttp: 'ttp', _rdt_uuid: 'rdt_uuid' }
  const ANON = 'imtbl_anon_id', ANON_AGE = 63072000 // two years
  const SESSION = '_imtbl_sid', SESSION_AGE = 1800 // thirty minutes, rolling
  const BATCH_CHARS = 20000 // at most 60,000 bytes: a request that outlives its page may carry 64 KiB
  const QUEUE = 200 // messages kept while the server cannot be reached; the oldest go first
  const LINGER = 500, TIMEOUT = 30000, BACKOFF = 5000, BACKOFF_MOST = 3600000 // ms

  const w = window, d = document, n = navigator
  const refused = n.globalPrivacyControl || n.doNotTrack == '1' || w.doNotTrack == '1'
  const origin = new URL(d.currentScript?.src || location.href).origin

  let config, level = 'none', greeted, touch, user, anon, session
  let queue = [], flights = 0, failures = 0, timer, early = []

  const warn = (...words) => console.warn('[postbacks]', ...words)
  // Storage may be blocked or full, and nothing here may ever break the page it runs on.
  const safely = act => {
    try { return act() } catch (e) {}
  }
  const uuid = () => crypto.randomUUID ? crypto.randomUUID() : // absent on plain http
    '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, c =>
      (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16))
  const cut = (text, most) => String(text).slice(0, most)

  // Cookies and storage

  const cookie = name => safely(() => ('; ' + d.cookie).split('; ' + name + '=')[1].split(';')[0])
  const setCookie = (name, value, age) => safely(() => {
    const write = domain => d.cookie = name + '=' + value + ';path=/;max-age=' + age + ';SameSite=Lax' +
      (location.protocol == 'https:' ? ';Secure' : '') + (domain ? ';domain=' + domain : '')
    write(config.domain)
    if (config.domain && cookie(name) != value) write() // a domain that this host may not set
  })
  // By key: two games may share an origin.
  const slot = () => 'postbacks:' + config.key
  const store = (area, value) => safely(() => value ? w[area].setItem(slot(), value) : w[area].removeItem(slot()))
  const stored = area => safely(() => JSON.parse(w[area].getItem(slot())))
  const keep = () => store('localStorage', queue.length && '[' + queue.map(m => m.text) + ']')
  const forget = () => {
    setCookie(ANON, '', 0)
    setCookie(SESSION, '', 0)
    queue = []
    keep()
    store('sessionStorage')
    user = anon = session = 0
  }

  // Attribution: what the latest ad click or tagged link of this tab said, else how the visit began

  const look = () => {
    const query = new URLSearchParams(location.search), seen = {}
    for (const name of [...CLICK_IDS, ...UTM]) if (query.get(name)) seen[name] = cut(query.get(name), 2048)
    if (Object.keys(seen).length) seen.touchpoint_type = 'click'
    else if (touch) return
    touch = { ...seen, landing_page: cut(location.href, 2048) }
    if (d.referrer) touch.referrer = cut(d.referrer, 2048)
  }
  const attribution = () => {
    look()
    if (!touch.touchpoint_type) touch = stored('sessionStorage') || touch
    store('sessionStorage', JSON.stringify(touch))
    const found = { ...touch }
    for (const name in NETWORK_COOKIES) if (cookie(name)) found[NETWORK_COOKIES[name]] = cookie(name)
    return found
  }

  // Messages

  const send = message => {
    if (level == 'none') return
    anon = cookie(ANON) || anon
    if (!anon) setCookie(ANON, anon = uuid(), ANON_AGE)
    session = cookie(SESSION) || !cookie(ANON) && session || uuid() // without cookies: one session a page
    setCookie(SESSION, session, SESSION_AGE)
    const text = JSON.stringify({
      messageId: uuid(), eventTimestamp: new Date().toISOString(), anonymousId: anon, sessionId: session,
      surface: 'pixel', consentLevel: level, test: !!config.testMode || undefined, ...user, ...message,
      context: {
        library: 'postbacks-pixel', libraryVersion: '1.0.0', locale: n.language, screen: screen.width + 'x' + screen.height,
        timezone: safely(() => Intl.DateTimeFormat().resolvedOptions().timeZone), pageUrl: cut(location.href, 2048),
        pagePath: cut(location.pathname, 2048), pageReferrer: cut(d.referrer, 2048), pageTitle: cut(d.title, 256),
      },
    })
    if (text.length > BATCH_CHARS) return warn('too large, not sent:', message.eventName || message.type)
    queue.push({ text })
    queue = queue.slice(-QUEUE)
    keep()
    later(LINGER)
  }
  const later = ms => timer = timer || setTimeout(() => (timer = 0, flush()), ms)

  // Answered messages leave the queue; all others go again with the same messageId, so that they count once.
  const flush = leaving => {
    if (flights && !leaving) return
    let chars = 0
    const batch = queue.filter(m => !m.out).filter(m => (chars += m.text.length) <= BATCH_CHARS)
    if (!batch.length) return
    const land = after => {
      flights--
      batch.forEach(m => m.out = 0)
      if (after) {
        timer = clearTimeout(timer)
        later(after)
      } else {
        failures = 0
        queue = queue.filter(m => !batch.includes(m))
        keep()
        if (queue.length) later(LINGER)
      }
    }
    const failed = wait => {
      const own = BACKOFF * 2 ** failures++
      land(Math.min(wait > 0 ? wait : own, BACKOFF_MOST) * (1 + Math.random() / 4))
    }
    const clock = new AbortController()
    setTimeout(() => clock.abort(), TIMEOUT)
    flights++
    batch.forEach(m => m.out = 1)
    fetch(config.endpoint + '/v1/audience/messages', {
      method: 'POST', keepalive: true, credentials: 'omit', signal: clock.signal,
      headers: { 'content-type': 'application/json', 'x-immutable-publishable-key': config.key },
      body: '{"messages":[' + batch.map(m => m.text) + ']}',
    }).then(answer => {
      const wait = answer.headers.get('retry-after') // seconds or a date
      if (answer.status == 429 || answer.status > 499) return failed(wait * 1000 || Date.parse(wait) - Date.now())
      land()
      answer.json().then(said => (said.rejected || said.code) && warn('not accepted:', said)).catch(() => 0)
    }, failed)
    if (leaving) flush(leaving)
  }

  // Commands

  const commands = {
    init(options) {
      if (config) return warn('init came twice')
      if (!options?.key) return warn('init needs a key')
      config = { ...options, endpoint: (options.endpoint || options.baseUrl || origin).replace(/\/+$/, '') }
      look()
      if (refused) forget()
      commands.consent(options.consent)
      early.splice(0).forEach(run)
    },
    consent(wanted) {
      const next = !refused && (wanted == 'full' || wanted == 'anonymous') ? wanted : 'none'
      if (next == 'none' && level != 'none') forget()
      if (next != 'full') user = 0
      if (next != 'none' && level == 'none') {
        queue = (stored('localStorage') || []).map(m => ({ text: JSON.stringify(m) }))
        if (queue.length) later(LINGER)
      }
      level = next
      if (level != 'none' && !greeted) commands.page()
    },
    page(properties) {
      if (level == 'none') return look()
      greeted = true
      send({ type: 'page', properties: { ...attribution(), ...properties } })
    },
    track(eventName, properties) {
      if (!eventName) return warn('track needs an event name')
      send({ type: 'track', eventName: cut(eventName, 256), properties: { ...properties } })
    },
    identify(userId, identityType, traits) {
      if (level != 'full') return
      if (!userId) return warn('identify needs a user id')
      user = { userId: cut(userId, 256), identityType: identityType || 'custom' }
      send({ type: 'identify', traits: { ...traits } })
    },
  }
  const run = call => {
    try {
      const [name, ...args] = call
      if (!config && name != 'init') early.length < QUEUE && early.push(call)
      else if (commands.hasOwnProperty(name)) commands[name](...args)
    } catch (e) { warn(e) }
  }
  const start = () => {
    if (w.postbacks?._loaded) return
    for (const name of ['postbacks', '__imtbl']) {
      const waiting = w[name]
      if (waiting?._loaded) continue
      w[name] = { _loaded: true, push: (...calls) => calls.forEach(run) }
      if (Array.isArray(waiting)) waiting.forEach(run)
    }
    const leave = () => failures || safely(() => flush(1))
    addEventListener('pagehide', leave)
    addEventListener('visibilitychange', () => d.visibilityState == 'hidden' && leave())
  }
  // A page rendered ahead of its visit is not a visit.
  d.prerendering ? d.addEventListener('prerenderingchange', start, { once: true }) : start()
})()
