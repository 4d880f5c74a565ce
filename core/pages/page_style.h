// SPDX-License-Identifier: BSD-2-Clause
// The style sheet of our pages: small, light and dark, readable at phone width and without motion.
#pragma once

#include <string_view>

namespace slo {

inline constexpr std::string_view page_style = R"css(
:root{color-scheme:light dark;--ground:#eef1f5;--card:#fff;--ink:#17202b;--soft:#566273;--line:#dde3ea;
--accent:#1f5fcc;--on-accent:#fff;--good:#17743d;--bad:#a93a17}
@media(prefers-color-scheme:dark){:root{--ground:#0f141a;--card:#19212b;--ink:#e8edf3;--soft:#a3afbd;--line:#2d3845;
--accent:#8ab6ff;--on-accent:#0b1b36;--good:#6bd596;--bad:#ff9d7e}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem 1rem;background:var(--ground);
color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{width:100%;max-width:28rem;padding:2rem 1.75rem;background:var(--card);border:1px solid var(--line);
border-radius:1rem;box-shadow:0 1.25rem 2.5rem -1.75rem rgba(0,0,0,.45);overflow-wrap:anywhere}
.place{margin:0 0 .35rem;color:var(--soft);font-size:.875rem}
h1{margin:0 0 .75rem;font-size:1.6rem;line-height:1.2;font-weight:650;letter-spacing:-.01em}
p{margin:0 0 1rem}
main>:last-child{margin-bottom:0}
.soft{color:var(--soft);font-size:.9375rem}
ul{margin:0 0 1.25rem;padding:0;list-style:none;border-top:1px solid var(--line)}
li{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.1rem 1rem;padding:.55rem 0;
border-bottom:1px solid var(--line)}
.state{color:var(--soft);font-size:.9375rem}
.state::before{content:"";display:inline-block;width:.55em;height:.55em;margin-right:.5em;border-radius:50%;
border:.12em solid currentColor}
.good{color:var(--good)}.bad{color:var(--bad)}
.good::before,.bad::before{background:currentColor}
form,.ways{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0 0}
button,.button{flex:1 1 9rem;padding:.7rem 1.25rem;border:1px solid var(--accent);border-radius:.6rem;
background:transparent;color:var(--accent);font:inherit;font-weight:600;text-align:center;text-decoration:none;
cursor:pointer}
button.first,.button{background:var(--accent);color:var(--on-accent)}
button:hover,.button:hover{filter:brightness(1.08)}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
.frames{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
iframe{width:1px;height:1px;border:0}
@media(forced-colors:active){.state::before{forced-color-adjust:none}}
)css";

}  // namespace slo
