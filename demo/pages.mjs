// SPDX-License-Identifier: BSD-2-Clause
// How the demo looks: one frame for all pages, light and dark.
export const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

const style = `
  :root { color-scheme: light dark; --line: light-dark(#dfe3ea, #333a46); --soft: light-dark(#5b6472, #9aa4b2);
          --card: light-dark(#fff, #1b2029) }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.5 system-ui, sans-serif;
         background: light-dark(#f4f6f9, #12151b); color: light-dark(#1b2029, #e8ebf0) }
  main { width: min(30rem, 88vw); padding: 2rem 2.2rem; background: var(--card); border: 1px solid var(--line);
         border-top: 5px solid var(--hue); border-radius: 12px }
  h1 { margin: 0 0 .4rem; font-size: 1.5rem } p { margin: .4rem 0 1rem } small, .soft { color: var(--soft) }
  .badge { display: inline-block; padding: .1rem .7rem; border-radius: 99px; font-size: .85rem; border: 1px solid currentColor }
  .in { color: light-dark(#11703c, #6ddb9b) } .out { color: light-dark(#9a3412, #f5a97f) }
  a.button, button { display: inline-block; padding: .55rem 1.1rem; border: 0; border-radius: 8px; font: inherit; cursor: pointer;
                     text-decoration: none; color: #fff; background: var(--hue) }
  a.quiet { color: inherit } nav { display: flex; gap: .9rem; flex-wrap: wrap; margin-top: 1.6rem; padding-top: 1rem;
                                    border-top: 1px solid var(--line) }
  input { font: inherit; padding: .5rem .7rem; border: 1px solid var(--line); border-radius: 8px; background: transparent; color: inherit }
  :focus-visible { outline: 3px solid var(--hue); outline-offset: 2px }`

// `hue` colours the page; coming back to its tab looks again whether one is still signed in.
export function page({ title, hue, body, links = [] }) {
  const nav = links.map(({ href, text }) => `<a class="quiet" href="${escape(href)}">${escape(text)}</a>`).join('')
  return { body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>:root { --hue: ${hue} }${style}</style>
<main><h1>${escape(title)}</h1>${body}${nav && `<nav>${nav}</nav>`}</main>
<script>addEventListener('focus', () => { if (!document.querySelector('input:focus')) location.reload() })</script></html>\n` }
}
