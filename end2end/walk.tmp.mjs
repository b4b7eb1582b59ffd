import { chromium, devices } from '@playwright/test'
const base='http://127.0.0.1:41733', sim='http://127.0.0.1:41734', out='/tmp/w/me/shots'
const b = await chromium.launch({ executablePath:'/usr/bin/chromium-headless-shell', args:['--no-sandbox','--disable-gpu'] })
async function ctx(opts){ const c=await b.newContext({baseURL:base, reducedMotion:'reduce', ...opts}); const p=await c.newPage(); await p.goto('/sign-in'); await p.getByLabel('Email').fill('demo@postbacks.test'); await p.getByLabel('Password').fill('demo-postbacks'); await p.getByRole('button',{name:'Sign in'}).click(); return [c,p] }
const G='/games/sample-game/settings'
const [c,p]=await ctx({...devices['Pixel 7'], colorScheme:'dark'})
p.setDefaultTimeout(5000)
const shot=async(n)=>{ await p.screenshot({path:`${out}/${n}.png`, fullPage:true}); const w=await p.evaluate(()=>[document.documentElement.scrollWidth, document.documentElement.clientWidth]); if(w[0]>w[1]) console.log('WIDE',n,w) }
// goal with unfit name
await p.goto(`${G}/goals/new`); await p.getByLabel('Name').fill('Level'); await p.getByLabel('Event',{exact:true}).fill('level reached!'); await p.getByRole('button',{name:'Create goal'}).click(); await shot('goal-created')
for (const n of ['tiktok','meta','google','reddit']) { await p.goto(`${G}/integrations/${n}`); await shot(`phone-${n}`) }
await p.goto(`${G}/goals`); await p.getByRole('row',{name:/Level/}).getByRole('link').first().click(); await shot('goal-level')
// import not credited
await p.goto(`${G}/integrations/google`)
await p.getByRole('radio',{name:/^Google Ads API import/}).check(); await p.getByRole('button',{name:'Save how conversions are sent'}).click()
await fetch(sim+'/simulator/faults',{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify({network:'google',on:'imports',status:200,message:'CLICK_NOT_FOUND',times:1})})
for(let i=0;i<40;i++){ await p.waitForTimeout(1500); await p.goto(`${G}/integrations/google`); if(await p.getByText('not credited').count()) break }
await shot('google-log')
const row=p.getByRole('row',{name:/not credited/}).first(); await row.getByRole('link').first().click(); await shot('google-not-credited')
await p.goto(`${G}/integrations/google`)
await p.getByRole('radio',{name:/^Data Manager API/}).check(); await p.getByRole('button',{name:'Save how conversions are sent'}).click()
// reconnect flow on phone without JS pickers
const [c2,q]=await ctx({...devices['Pixel 7'], javaScriptEnabled:false}); q.setDefaultTimeout(6000)
const s2=async(n)=>{ await q.screenshot({path:`${out}/nojs-${n}.png`, fullPage:true}) }
for (const [n,name] of [['tiktok','TikTok Ads'],['meta','Meta Ads'],['google','Google Ads']]) {
  await q.goto(`${G}/integrations/${n}`); await q.getByRole('button',{name:`Reconnect ${name}`}).click(); await s2(`${n}-consent`)
  console.log(n, q.url().slice(0,80), await q.getByRole('button').allTextContents())
}
await b.close()
