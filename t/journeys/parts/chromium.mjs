// SPDX-License-Identifier: BSD-2-Clause
// Headless Chromium over its DevTools protocol: pages with cookies of their own, their console kept.
import { writeFile } from 'node:fs/promises'
import { send } from './browser_jar.mjs'
import { eventually, free_port } from './house.mjs'

// `flags`: more words of its command line.
export async function start_chromium(house, { flags = [] } = {}) {
  const port = await free_port()
  await house.start('chromium', ['chromium', '--headless=new', `--remote-debugging-port=${port}`, '--disable-gpu',
    '--disable-dev-shm-usage', '--no-first-run', ...flags, '--disable-background-networking', '--disable-component-update',
    ...(process.getuid() === 0 ? ['--no-sandbox'] : []), `--user-data-dir=${house.path('profile')}`, 'about:blank'],
    { host: '127.0.0.1', port })
  const version = await send(`http://127.0.0.1:${port}/json/version`)
  const line = await open_line(JSON.parse(version.body).webSocketDebuggerUrl)
  house.when_over(() => line.hang_up())
  return { new_page: () => new_page(line) }
}

async function open_line(url) {
  const socket = new WebSocket(url)
  await new Promise((done, failed) => Object.assign(socket, { onopen: done, onerror: failed }))
  const waiting = new Map()
  const listeners = []
  let last = 0
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data)
    const chair = waiting.get(message.id)
    waiting.delete(message.id)
    if (chair && message.error) chair.failed(new Error(message.error.message))
    else if (chair) chair.done(message.result)
    else for (const listen of listeners) listen(message)
  }
  socket.onclose = () => { for (const { failed } of waiting.values()) failed(new Error('chromium has hung up')) }
  return {
    listen: (listener) => listeners.push(listener),
    hang_up: () => socket.close(),
    say: (method, params = {}, sessionId = undefined) => new Promise((done, failed) => {
      waiting.set(++last, { done, failed })
      socket.send(JSON.stringify({ id: last, method, params, sessionId }))
    }),
  }
}

async function new_page(line) {
  const { browserContextId } = await line.say('Target.createBrowserContext')
  const { targetId } = await line.say('Target.createTarget', { url: 'about:blank', browserContextId })
  const { sessionId } = await line.say('Target.attachToTarget', { targetId, flatten: true })
  const say = (method, params) => line.say(method, params, sessionId)
  const complaints = []  // errors on the console: scripts, CSP, network
  line.listen((message) => {
    if (message.sessionId !== sessionId) return
    const { entry, exceptionDetails } = message.params
    if (message.method === 'Log.entryAdded' && entry.level === 'error') complaints.push(`${entry.text} ${entry.url ?? ''}`)
    if (message.method === 'Runtime.exceptionThrown') complaints.push(exceptionDetails.text)
  })
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await say(`${domain}.enable`)
  const page = {
    complaints,
    goto: (url) => say('Page.navigate', { url }),
    address: async () => (await line.say('Target.getTargetInfo', { targetId })).targetInfo.url,
    // undefined while the page is being exchanged for another.
    read: (expression) => say('Runtime.evaluate', { expression, returnByValue: true })
      .then(({ result }) => result.value, (error) => { if (!/navigated|context/i.test(error.message)) throw error }),
    // In a turn of its own: the answer must not race the navigation that the click starts.
    click: (selector) => page.read(`void setTimeout((it) => it.click(), 0, document.querySelector(${JSON.stringify(selector)}))`),
    // As a mouse does it, which needs no scripts on the page.
    press: async (selector) => {
      const at = await eventually(`${selector} is on the page`, () => page.read(`(() => { const it = document.querySelector(${JSON.stringify(selector)})
        it.scrollIntoView({ block: 'center' })
        const { x, y, width, height } = it.getBoundingClientRect()
        return { x: x + width / 2, y: y + height / 2 } })()`))
      for (const type of ['mousePressed', 'mouseReleased'])
        await say('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount: 1 })
    },
    // What a promise of this script gives, on a page that need not have scripts of its own.
    run: async (script) => {
      const { result, exceptionDetails } = await say('Runtime.evaluate', { expression: script, awaitPromise: true, returnByValue: true })
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      return result.value
    },
    appear: async ({ width, height = 800, scheme }) => {
      await say('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 })
      await say('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
    },
    put_cookie: (url, name, value) => say('Network.setCookie', { url, name, value }),
    cookies: async (url) => (await say('Network.getCookies', { urls: [url] })).cookies,
    // All of them, those of a frame under another site as well: their `partitionKey` says so.
    jar: async () => (await line.say('Storage.getCookies', { browserContextId })).cookies,
    without_scripts: (value = true) => say('Emulation.setScriptExecutionDisabled', { value }),
    arrives_at: (start, how) => eventually(`the browser arrives at ${start}`, async () => {
      const address = await page.address()
      return address.startsWith(start) && address
    }, how),
    whole_picture: async (file) =>
      writeFile(file, Buffer.from((await say('Page.captureScreenshot', { captureBeyondViewport: true })).data, 'base64')),
    picture: async (file) => writeFile(file, Buffer.from((await say('Page.captureScreenshot')).data, 'base64')),
  }
  return page
}
