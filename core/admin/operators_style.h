// SPDX-License-Identifier: BSD-2-Clause
// What the operators' page adds to the style sheet of our pages: room for lists, from phones to wide screens.
#pragma once

#include <string_view>

namespace slo {

inline constexpr std::string_view operators_style = R"css(
body{place-items:start center}
main{max-width:72rem}
h2{margin:2.25rem 0 .75rem;padding-top:1.5rem;border-top:1px solid var(--line);font-size:1.2rem;line-height:1.3}
h3{margin:0 0 .5rem;font-size:1rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:1rem;border:0}
.cards>li{display:block;padding:1rem;border:1px solid var(--line);border-radius:.6rem}
.cards>.chosen{border-color:var(--accent)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,7.5rem),1fr));gap:.6rem 1rem;margin:0}
main>dl{grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr))}
dl+p{margin-top:1rem}
dt{color:var(--soft);font-size:.875rem}
dd{margin:0}
a{color:var(--accent)}
.notice{padding:.75rem 1rem;border:1px solid var(--line);border-left:.3rem solid var(--good);border-radius:.4rem}
.notice.no{border-left-color:var(--bad)}
form{align-items:end;margin:1rem 0}
.cards form{margin:1rem 0 0}
form>div{flex:1 1 14rem}
label{display:block;color:var(--soft);font-size:.875rem}
input{width:100%;padding:.65rem .75rem;border:1px solid var(--soft);border-radius:.6rem;background:var(--ground);
color:var(--ink);font:inherit}
button{flex:0 1 auto;padding:.55rem 1.1rem}
details{margin:.75rem 0 0}
summary{padding:.25rem 0;color:var(--accent);cursor:pointer}
summary+p{margin:.5rem 0 0}
code{font-size:.9375em}
@media(max-width:30rem){main{padding:1.5rem 1rem}body{padding:.75rem .5rem}}
)css";

}  // namespace slo
