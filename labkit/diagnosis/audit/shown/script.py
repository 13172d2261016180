"""What the page of an audit does when one types and clicks: searching, sorting, drawing the heat map."""

from __future__ import annotations

SCRIPT = r"""
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const heat = document.getElementById("heat"), more = document.getElementById("more"), STEP = 100;
const view = {access: 0, query: "", column: -1, down: false, shown: STEP};
const make = (tag, text, options) => Object.assign(document.createElement(tag), {textContent: text}, options);
const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));

function share(row, column) {
  const cell = row[1] && row[1][column];
  return cell ? (cell[2 * view.access] + cell[2 * view.access + 1] / 2) / data.columns[column][1] : row[1] ? 0 : -1;
}
function drawn(row, column) {
  const [label, accounts] = data.columns[column], cell = row[1] && row[1][column];
  const yes = cell ? cell[2 * view.access] : 0, some = cell ? cell[2 * view.access + 1] : 0;
  const text = !row[1] ? "?" : !yes && !some ? "·" : yes === accounts ? "all" : some ? yes + "+" + some : String(yes);
  const level = Math.ceil(Math.max(0, share(row, column)) * 4);
  const told = row[1] ? (yes + some) + " of " + accounts + " accounts: " + label : "not known";
  return make("td", text, {className: "l" + level, title: row[0] + ", " + told});
}
function matching() {
  const rows = data.rows.filter(row => row[0].toLowerCase().includes(view.query));
  const key = row => view.column < 0 ? row[0] : share(row, view.column);
  rows.sort((a, b) => (view.down ? -1 : 1) * compare(key(a), key(b)));
  return rows;
}
function head() {
  const line = make("tr", "");
  ["Repository", ...data.columns.map(each => each[0] + " (" + each[1] + ")")].forEach((text, place) => {
    const cell = make("th", "", {scope: "col"}), button = make("button", text, {type: "button"});
    button.addEventListener("click", () => {
      view.down = view.column === place - 1 ? !view.down : place > 0;
      view.column = place - 1;
      draw();
      heat.querySelectorAll("thead button")[place].focus();
    });
    if (view.column === place - 1) cell.setAttribute("aria-sort", view.down ? "descending" : "ascending");
    cell.append(button);
    line.append(cell);
  });
  const part = make("thead", "");
  part.append(line);
  return part;
}
function draw() {
  const rows = matching(), body = make("tbody", "");
  rows.slice(0, view.shown).forEach(row => {
    const line = make("tr", "");
    line.append(make("th", row[0], {scope: "row"}), ...data.columns.map((_, column) => drawn(row, column)));
    body.append(line);
  });
  heat.replaceChildren(head(), body);
  more.hidden = rows.length <= view.shown;
  return rows.length + " of " + data.rows.length;
}
function search(table, query) {
  const lines = [...table.tBodies[0].rows];
  lines.forEach(line => { line.hidden = !line.textContent.toLowerCase().includes(query); });
  return lines.filter(line => !line.hidden).length + " of " + lines.length;
}
function sort(table, place, cell) {
  const down = cell.getAttribute("aria-sort") === "ascending", body = table.tBodies[0];
  const key = line => {
    const found = line.cells[Math.min(place, line.cells.length - 1)];
    return found.dataset.key === undefined ? found.textContent : Number(found.dataset.key);
  };
  [...table.tHead.rows[0].cells].forEach(each => each.removeAttribute("aria-sort"));
  cell.setAttribute("aria-sort", down ? "descending" : "ascending");
  body.append(...[...body.rows].sort((a, b) => (down ? -1 : 1) * compare(key(a), key(b))));
}
document.querySelectorAll("input[type=search]").forEach(input => input.addEventListener("input", () => {
  const query = input.value.trim().toLowerCase(), told = input.closest("p").querySelector("output");
  if (input.dataset.for === "heat") {
    view.query = query;
    view.shown = STEP;
    told.textContent = draw();
  } else told.textContent = search(document.getElementById(input.dataset.for), query);
}));
["findings", "repositories"].map(name => document.getElementById(name)).filter(Boolean).forEach(table =>
  [...table.tHead.rows[0].cells].forEach((cell, place) =>
    cell.querySelector("button").addEventListener("click", () => sort(table, place, cell))));
document.querySelectorAll("input[name=access]").forEach(input => input.addEventListener("change", () => {
  view.access = Number(input.value);
  draw();
}));
more.addEventListener("click", () => { view.shown += STEP; draw(); });
draw();
"""
"""The page's program."""
