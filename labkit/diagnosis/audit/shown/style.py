"""How the page of an audit looks, in light and in dark; colours of a cell are told by its number as well."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#d0d7de;--soft:#f3f5f8;--link:#0550ae;
--heat:194 86% 32%;--error:#a40e26;--warning:#7a4b00;--note:#4a5560}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--line:#3a424c;--soft:#161b22;--link:#79b8ff;
--heat:194 70% 45%;--error:#ff9a9a;--warning:#f0c36d;--note:#a9b4c0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:100rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.2rem;margin-top:2rem}
.summary{font-size:1.1rem}
.scroll{overflow:auto;max-height:80vh;border:1px solid var(--line)}
:focus-visible{outline:3px solid var(--link);outline-offset:1px}
table{border-collapse:collapse;width:100%}
th,td{padding:.3rem .5rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{position:sticky;top:0;background:var(--soft);z-index:1}
thead button{all:unset;cursor:pointer;font-weight:600}
thead button:focus-visible{outline:3px solid var(--link)}
th[aria-sort=ascending] button::after{content:" \\2191"}th[aria-sort=descending] button::after{content:" \\2193"}
tbody th{font-weight:600;overflow-wrap:anywhere;min-width:8rem}
#findings td{min-width:7rem}
code{font-size:.85em}
.error{color:var(--error);font-weight:600}.warning{color:var(--warning);font-weight:600}.note{color:var(--note)}
#heat th,#heat td{border-right:1px solid var(--line)}
#heat td{text-align:center;font-variant-numeric:tabular-nums;white-space:nowrap}
#heat tbody th{position:sticky;left:0;background:var(--paper)}
.l1{background:hsl(var(--heat)/.12)}.l2{background:hsl(var(--heat)/.25)}.l3{background:hsl(var(--heat)/.4)}
.l4{background:hsl(var(--heat)/.55)}
input,button,fieldset{font:inherit;color:inherit}
input[type=search]{width:min(24rem,100%);padding:.3rem;background:var(--soft);border:1px solid var(--line)}
fieldset{border:1px solid var(--line);display:flex;flex-wrap:wrap;gap:.25rem 1rem}
#more{padding:.3rem .8rem;background:var(--soft);border:1px solid var(--line);cursor:pointer}
dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere;font-size:.9rem}
@media(max-width:40rem){#findings tr,#findings td,#findings tbody th{display:block;border:0}
#findings tbody tr{border-bottom:1px solid var(--line);padding:.4rem 0}#findings td:empty{display:none}}
@media(max-width:30rem){main{padding:.5rem}th,td{padding:.25rem}#heat tbody th{min-width:6rem;max-width:9rem}}
@media print{.scroll{max-height:none;overflow:visible}input,#more{display:none}}
"""
"""The style sheet of the page."""
