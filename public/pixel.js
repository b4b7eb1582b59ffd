/*! Postbacks pixel 1.1.0. Keeps the ad click of a visit and tells Postbacks about pages and events.
 *  Served as it is: no build step, no dependency. Commands, before or after this file has loaded:
 *    postbacks.push(['init', {key, consent, consentMode, domain, autocapture, endpoint, testMode}])   key is required
 *    postbacks.push(['consent', 'none' | 'anonymous' | 'full'])             none until said otherwise; consentMode 'auto' asks the site's platform
 *    postbacks.push(['page', properties])             the first, and those of a single-page site, are sent by themselves
 *    postbacks.push(['track', 'purchase', {value: '9.99', currency: 'USD'}])
 *    postbacks.push(['identify', userId, identityType, traits])             at full consent only
 *    postbacks.push(['alias', {id, identityType}, {id, identityType}])      at full consent only
 *    postbacks.push(['reset'])                                              the player has signed out
 *  window.__imtbl takes the same commands. At consent none nothing is stored, and nothing sent but the withdrawal itself. */
(() => {
  'use strict'
  const VERSION = '1.1.0'
  const CLICK_IDS = ['ttclid', 'fbclid', 'gclid', 'gbraid', 'wbraid', 'dclid', 'rdt_cid', 'twclid', 'msclkid', 'li_fat_id']
  const UTM = ['source', 'medium', 'campaign', 'content', 'term'].map(part => 'utm_' + part)
  // First-party cookies of the networks' own pixels, and the property they travel in. Read, never written.
  const NETWORK_COOKIES = [['_fbc', 'fb_click_id'], ['_fbp', 'fb_browser_id'], ['_ttp', 'ttp'], ['_rdt_uuid', 'rdt_uuid']]
  const ANON = 'imtbl_anon_id', ANON_AGE = 63072000 // two years
  const SESSION = '_imtbl_sid', SESSION_AGE = 1800 // thirty minutes, rolling
  const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
  const TEXT = 256, ADDRESS = 2048 // characters that the API takes
  const BATCH_CHARS = 20000 // at most 60,000 bytes: a request that outlives its page may carry 64 KiB
  const QUEUE = 200 // messages kept while the server cannot be reached; the oldest go first
  const LINGER = 500, TIMEOUT = 30000, BACKOFF = 5000, BACKOFF_MOST = 3600000 // ms
  const CONSENT_TRIES = 6
  const SETTLE = 300 // ms in which a single-page site may correct its address and set its title
  const PLATFORM_WAIT = 250, PLATFORM_LOOKS = 9 // for a consent platform, each wait twice the last: two minutes
  const DEPTHS = [25, 50, 75, 90, 100] // percent

  const w = window, d = document, n = navigator
  const refused = n.globalPrivacyControl || n.doNotTrack == '1' || w.doNotTrack == '1'
  const origin = new URL(d.currentScript?.src || location.href).origin

  let config, level = 'none', greeted, touch, user, anon, session
  let queue = [], flights = 0, failures = 0, timer, early = [], shown, settling, ownPages, depths = []
  const due = new Set() // what waits for something, done at the latest when the page goes
  const told = {} // anonymous id -> the consent last told

  const warn = (...words) => console.warn('[postbacks]', ...words)
  // Storage may be blocked or full, the page's own names may shadow the browser's, and nothing here may ever break the page it runs on.
  const safely = act => {
    try { return act() } catch (e) {}
  }
  const uuid = () => crypto.randomUUID ? crypto.randomUUID() : // absent on plain http
    '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, c =>
      (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16))
  const cut = (text, most) => String(text).slice(0, most)
  const word = text => text == null ? '' : cut(text, TEXT).trim()
  const record = value => value && typeof value == 'object' && !Array.isArray(value) ? { ...value } : {}
  // The API's JSON has neither halves of characters, as cutting leaves them, nor U+0000.
  const json = value => JSON.stringify(value).replace(/\\\\|\\u(?:0000|d[89a-f]..)/g, found => found[1] == 'u' ? '\ufffd' : found)

  // Cookies and storage

  const cookie = name => safely(() => ('; ' + d.cookie).split('; ' + name + '=')[1].split(';')[0])
  const setCookie = (name, value, age) => safely(() => {
    const write = domain => d.cookie = name + '=' + value + ';path=/;max-age=' + age + ';SameSite=Lax' +
      (location.protocol == 'https:' ? ';Secure' : '') + (domain ? ';domain=' + domain : '')
    write(config.domain)
    if (config.domain && cookie(name) != value) write() // a domain that this host may not set
  })
  const id = name => UUID.test(cookie(name)) && cookie(name)
  const visitor = () => {
    anon = id(ANON) || anon
    if (!anon) setCookie(ANON, anon = uuid(), ANON_AGE)
    return anon
  }
  // By key: two games may share an origin.
  const slot = () => 'postbacks:' + config.key
  const store = (area, value) => safely(() => value ? w[area].setItem(slot(), value) : w[area].removeItem(slot()))
  const stored = area => safely(() => JSON.parse(w[area].getItem(slot())))
  const keep = () => store('localStorage', queue.length && '[' + queue.map(m => m.text) + ']')
  const anew = () => {
    setCookie(ANON, '', 0)
    setCookie(SESSION, '', 0)
    store('sessionStorage')
    user = anon = session = 0
  }

  // Attribution: what the latest ad click or tagged link of this tab said, else how the visit began

  const look = () => {
    const query = new URLSearchParams(location.search), seen = {}
    for (const name of [...CLICK_IDS, ...UTM]) if (query.get(name)) seen[name] = cut(query.get(name), ADDRESS)
    if (Object.keys(seen).length) seen.touchpoint_type = 'click'
    else if (touch) return
    if (query.get('referral_code')) seen.referral_code = cut(query.get('referral_code'), TEXT)
    touch = { ...seen, landing_page: cut(location.href, ADDRESS) }
    if (d.referrer) touch.referrer = cut(d.referrer, ADDRESS)
  }
  const attribution = () => {
    look()
    if (!touch.touchpoint_type) touch = stored('sessionStorage') || touch
    store('sessionStorage', json(touch))
    return touch
  }

  // Messages

  const send = message => {
    if (level == 'none') return
    visitor()
    session = id(SESSION) || !id(ANON) && session || uuid() // without cookies: one session a page
    setCookie(SESSION, session, SESSION_AGE)
    const text = json({
      messageId: uuid(), eventTimestamp: new Date().toISOString(), anonymousId: anon, sessionId: session,
      surface: 'pixel', consentLevel: level, test: !!config.testMode || undefined, ...user, ...message,
      context: {
        library: 'postbacks-pixel', libraryVersion: VERSION, locale: n.language,
        screen: safely(() => screen.width > 0 ? screen.width + 'x' + screen.height : undefined),
        timezone: safely(() => Intl.DateTimeFormat().resolvedOptions().timeZone), pageUrl: cut(location.href, ADDRESS),
        pagePath: cut(location.pathname, ADDRESS), pageReferrer: cut(d.referrer, ADDRESS), pageTitle: cut(d.title, TEXT),
      },
    })
    if (text.length > BATCH_CHARS) return warn('too large, not sent:', message.eventName || message.type)
    queue.push({ text })
    queue = queue.slice(-QUEUE)
    keep()
    later(LINGER)
  }
  const later = ms => timer = timer || setTimeout(() => (timer = 0, flush()), ms)

  // Resolves to the ms to wait before the next try, or to 0 when the API has answered for good.
  const call = async (method, path, body, tries) => {
    let wait
    try {
      const clock = new AbortController(), alarm = setTimeout(() => clock.abort(), TIMEOUT)
      const answer = await fetch(config.endpoint + '/v1/audience/' + path, {
        method, body, keepalive: true, credentials: 'omit', signal: clock.signal,
        headers: { 'content-type': 'application/json', 'x-immutable-publishable-key': config.key },
      })
      clearTimeout(alarm)
      if (answer.status < 500 && answer.status != 429) {
        if (answer.status != 204) answer.json().then(said => (said.rejected || said.code) && warn('not accepted:', said)).catch(() => 0)
        return 0
      }
      wait = answer.headers.get('retry-after') // seconds or a date
      wait = wait * 1000 || Date.parse(wait) - Date.now()
    } catch (e) {}
    return Math.min(wait > 0 ? wait : BACKOFF * 2 ** tries, BACKOFF_MOST) * (1 + Math.random() / 4)
  }

  // Answered messages leave the queue; all others go again with the same messageId, so that they count once.
  const flush = leaving => {
    if (flights && !leaving) return
    let chars = 0
    const batch = queue.filter(m => !m.out).filter(m => (chars += m.text.length) <= BATCH_CHARS)
    if (!batch.length) return
    flights++
    batch.forEach(m => m.out = 1)
    call('POST', 'messages', '{"messages":[' + batch.map(m => m.text) + ']}', failures).then(wait => {
      flights--
      batch.forEach(m => m.out = 0)
      if (wait) {
        failures++
        timer = clearTimeout(timer)
        return later(wait)
      }
      failures = 0
      queue = queue.filter(m => !batch.includes(m))
      keep()
      if (queue.length) later(LINGER)
    })
    if (leaving) flush(leaving)
  }
  const leave = () => safely(() => (due.forEach(act => act()), failures || flush(1)))

  // Consent

  // Told until it is heard, or until it has changed again.
  const tell = async (anonymousId, status, tries = 0) => {
    told[anonymousId] = status
    const wait = await call('PUT', 'tracking-consent', json({ anonymousId, status, source: 'pixel' }), tries)
    if (wait && tries < CONSENT_TRIES) setTimeout(() => told[anonymousId] == status && tell(anonymousId, status, tries + 1), wait)
  }
  const forget = () => {
    const known = id(ANON) || anon
    anew()
    queue = []
    keep()
    due.clear()
    greeted = 0
    if (known) tell(known, 'none')
  }
  // Somebody has `decided`, or else it is the level to begin with: that one is not told, and at none leaves an earlier visit's id alone.
  const agree = (wanted, decided) => {
    const before = level
    level = !refused && (wanted == 'full' || wanted == 'anonymous') ? wanted : 'none'
    if (level != 'full') user = 0
    if (level == 'none') return (decided || refused || before != 'none') && forget()
    if (before == 'none') {
      const left = stored('localStorage')
      queue = Array.isArray(left) ? left.map(m => ({ text: json(m) })) : []
      if (queue.length) later(LINGER)
    }
    if (decided && level != before) tell(visitor(), level)
    if (!greeted) view()
  }
  // Google Consent Mode, and where that says nothing IAB TCF. gtag pushes `arguments`, which are no arrays; each command changes what it
  // names. Defaults may be meant for regions, and which one this is a page cannot know: the strictest holds until there is an update.
  const platform = () => {
    const defaults = {}, updates = {}
    let layer, google, tcf
    const read = entries => {
      let heard
      for (const entry of entries) safely(() => {
        const [command, kind, said] = Array.from(entry)
        if (command != 'consent' || kind != 'default' && kind != 'update') return
        for (const [name, answer] of Object.entries(said)) {
          if (kind == 'update') updates[name] = answer
          else if (defaults[name] != 'denied') defaults[name] = answer
        }
        heard = google = true
      })
      const all = { ...defaults, ...updates }
      const full = all.ad_storage == 'granted' && all.ad_user_data != 'denied' && all.ad_personalization != 'denied'
      if (heard) agree(all.analytics_storage == 'granted' && (full ? 'full' : 'anonymous'), updates.analytics_storage)
    }
    const hook = () => {
      if (!Array.isArray(w.dataLayer) || w.dataLayer == layer) return
      layer = w.dataLayer
      read([...layer])
      const push = layer.push
      layer.push = function (...entries) {
        const result = push.apply(this, entries)
        safely(() => read(entries))
        return result
      }
    }
    const ask = () => {
      if (tcf || typeof w.__tcfapi != 'function') return
      tcf = true
      w.__tcfapi('addEventListener', 2, (data, success) => safely(() => {
        if (google || !success) return
        const may = data.purpose?.consents || {}
        agree(may[1] && (may[3] || may[4] || may[5] ? 'full' : 'anonymous'), data.eventStatus != 'cmpuishown') // shown, not answered yet
      }))
    }
    const search = turn => {
      safely(hook)
      safely(ask)
      if (turn < PLATFORM_LOOKS) setTimeout(search, PLATFORM_WAIT * 2 ** turn, turn + 1)
      else if (!google && !tcf) warn('no consent platform found, so consent is left as it is')
    }
    search(0)
  }

  // Pages and what is done on them

  const place = () => [location.pathname + (/^#[!/]/.test(location.hash) ? location.hash : ''), location.search]
  const view = properties => {
    due.delete(settling)
    shown = place()
    depths = []
    if (level == 'none') return look()
    const cookies = {}
    for (const [name, property] of NETWORK_COOKIES) if (cookie(name)) cookies[property] = cut(cookie(name), ADDRESS)
    send({ type: 'page', properties: { ...attribution(), ...cookies, ...record(properties) } })
    if (!greeted) scrolled(d.scrollingElement)
    greeted = true
  }
  const track = (eventName, properties) => send({ type: 'track', eventName: word(eventName), properties: record(properties) })

  // A site that says its pages itself is left to it. A replaced address is another page only when its path is another one.
  const moved = replaced => safely(() => {
    look()
    const [path, query] = place()
    if (path == shown[0] && replaced) shown[1] = query
    if (path == shown[0] && query == shown[1] || ownPages) return
    due.delete(settling)
    const act = settling = () => due.delete(act) && view()
    due.add(act)
    setTimeout(act, SETTLE)
  })
  const follow = () => {
    if (w.navigation?.currentEntry) return w.navigation.addEventListener('currententrychange', e => moved(e.navigationType == 'replace'))
    for (const name of ['pushState', 'replaceState']) {
      const original = w.history[name]
      w.history[name] = function (...args) {
        const result = original.apply(this, args)
        moved(name == 'replaceState')
        return result
      }
    }
    addEventListener('popstate', () => moved())
  }

  const clicked = (switches, event) => {
    const find = selector => event.composedPath().find(at => at.matches?.(selector))
    const label = (element, text) => ({ element_id: element.id || undefined, [text]: cut((element.textContent || element.value || '').trim(), TEXT) || undefined })
    if (event.type == 'auxclick' && event.button != 1) return // the middle button opens links too
    const button = switches.buttons && find('button,input[type=button],input[type=submit],input[type=reset]')
    if (button && !(button.type == 'submit' && button.form)) track('button_clicked', { ...label(button, 'button_text'), element_type: button.type })
    const link = !button && find('a[href],area[href]')
    if (!link) return
    const url = new URL(link.getAttribute('href'), d.baseURI), outbound = url.hostname != location.hostname
    if (!/^[^:/]+:\/\//.test(url) || !(outbound ? switches.clicks : switches.internalClicks)) return // no mailto:, no javascript:
    track('link_clicked', { ...attribution(), url: cut(url, ADDRESS), ...label(link, 'label'), outbound })
  }
  // Of what is typed, nothing but an email's hash, and that at full consent only.
  const submitted = event => {
    const form = event.composedPath()[0], attribute = name => form.getAttribute(name) || undefined // fields may shadow the form's own properties
    const fields = [...form.querySelectorAll('input,select,textarea')], names = fields.map(field => cut(field.name || field.id, TEXT)).filter(name => name)
    const email = level == 'full' && fields.find(field => (field.type == 'email' || /email/i.test(field.name + field.id)) && field.value.includes('@'))
    const say = hash => due.delete(say) && track('form_submitted', {
      form_action: cut(new URL(attribute('action') || '', location.href), ADDRESS), form_id: attribute('id'), form_name: attribute('name'),
      field_names: [...new Set(names)].slice(0, 100), email_hash: level == 'full' && hash || undefined,
    })
    due.add(say)
    email ? sha256(email.value.trim().toLowerCase()).catch(() => 0).then(say) : say()
  }
  const sha256 = async text => 'sha256:' + [...new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))]
    .map(byte => byte.toString(16).padStart(2, '0')).join('') // fails on plain http, where browsers offer no digests
  // The page, or what takes half its window at least and scrolls instead of it.
  const scrolled = at => safely(() => {
    const room = at.scrollHeight - at.clientHeight
    if (!config.autocapture.scroll || room <= 0 || at.clientHeight <= innerHeight / 2) return
    for (const depth of DEPTHS) {
      if (Math.round(at.scrollTop / room * 100) < depth || depths.includes(depth)) continue
      depths.push(depth)
      track('scroll_depth', { depth })
    }
  })
  const capture = switches => {
    const on = (name, act) => addEventListener(name, event => level != 'none' && safely(() => act(event)), { capture: true, passive: true })
    if (switches.pages) safely(follow)
    if (switches.forms) on('submit', submitted)
    if (switches.clicks || switches.internalClicks || switches.buttons) for (const name of ['click', 'auxclick']) on(name, event => clicked(switches, event))
    if (switches.scroll) on('scroll', ({ target }) => depths.length < DEPTHS.length && scrolled(target == d ? d.scrollingElement : target))
    addEventListener('pagehide', leave)
    addEventListener('visibilitychange', () => d.visibilityState == 'hidden' && leave())
  }

  // Commands

  const commands = {
    init(options) {
      if (config) return warn('init came twice')
      if (!options?.key) return warn('init needs a key')
      const usual = options.autocapture !== false
      config = {
        ...options, endpoint: (options.endpoint || options.baseUrl || origin).replace(/\/+$/, ''),
        autocapture: { pages: usual, forms: usual, clicks: usual, scroll: usual, ...record(options.autocapture) },
      }
      shown = place()
      look()
      capture(config.autocapture)
      const follows = options.consentMode == 'auto'
      agree(!follows && options.consent)
      if (follows) platform()
      early.splice(0).forEach(run)
    },
    consent(wanted) { agree(wanted, true) },
    page(properties) {
      ownPages = true
      view(properties)
    },
    track(eventName, properties) {
      if (!word(eventName)) return warn('track needs an event name')
      track(eventName, properties)
    },
    identify(userId, identityType, traits) {
      if (level != 'full') return
      if (!word(userId)) return warn('identify needs a user id')
      user = { userId: word(userId), identityType: word(identityType) || 'custom' }
      send({ type: 'identify', traits: record(traits) })
    },
    alias(from, to) {
      if (level != 'full') return
      const fromId = word(from?.id), toId = word(to?.id)
      if (!fromId || !toId || fromId == toId) return warn('alias needs two ids')
      send({ type: 'alias', fromId, fromType: word(from.identityType) || 'custom', toId, toType: word(to.identityType) || 'custom' })
    },
    // What was done before stays in the queue, under the id it was done with; the ad click was the other player's.
    reset() {
      if (level == 'none') return
      anew()
      touch = 0
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
    for (const name of ['postbacks', '__imtbl']) safely(() => {
      const waiting = w[name]
      if (waiting?._loaded) return
      w[name] = { _loaded: true, push: (...calls) => calls.forEach(run) }
      if (Array.isArray(waiting)) waiting.forEach(run)
    })
  }
  // A page rendered ahead of its visit is not a visit.
  d.prerendering ? d.addEventListener('prerenderingchange', start, { once: true }) : start()
})()
