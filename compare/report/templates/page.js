"use strict";
document.documentElement.classList.add("js");

/* Tables: the button in a heading sorts by its column, and once more the other way round. */

const SPECIAL = { inf: Infinity, "-inf": -Infinity };

function sortedBy(cell) {
  const text = cell.dataset.by;
  return text in SPECIAL ? SPECIAL[text] : text === "" ? NaN : isNaN(text) && text !== "nan" ? text : Number(text);
}

function compare(a, b, sign) {
  const lost = (value) => typeof value === "number" && isNaN(value);
  if (lost(a) || lost(b)) return lost(a) - lost(b); // nothing and nan stay last, whichever way
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return sign * (typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b);
}

function sort(heading) {
  const table = heading.closest("table"), body = table.tBodies[0], at = heading.cellIndex;
  const direction = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const rows = [...body.rows].map((row) => [sortedBy(row.cells[at]), row]);
  rows.sort(([a], [b]) => compare(a, b, sign));
  body.append(...rows.map(([, row]) => row));
}

for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => sort(button.closest("th")));
}

/* Maps of the error: a cell, chosen by pointer or by arrow keys and Enter, says what is there. */

function element(tag, text, parent) {
  const made = document.createElement(tag);
  made.textContent = text;
  parent.append(made);
  return made;
}

/* The entries of block k of n, of a side with `length` entries: as NumPy's linspace cut it. */
function block(k, n, length) {
  const edge = (i) => Math.floor((i * length) / n);
  return [edge(k), edge(k + 1) - 1];
}

function side(length, columns) {
  return length.length === 0 ? [1, columns] : [length.slice(0, -1).reduce((a, b) => a * b, 1), length.at(-1)];
}

/* [2, 1, 0, 3] in an array of shape (8, 1, 3, 3) -> its row and column where all axes but the last are one. */
function flat(index, shape) {
  let row = 0;
  for (let axis = 0; axis < shape.length - 1; axis++) row = row * shape[axis] + index[axis];
  return [row, index.length ? index.at(-1) : 0];
}

function range([from, to]) {
  return from >= to ? String(from) : `${from}–${to}`;
}

for (const figure of document.querySelectorAll("[data-heatmaps]")) {
  const arrays = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  const panel = figure.querySelector(".panel");
  const maps = new Map([...figure.querySelectorAll(".cells")].map((map) => [map.dataset.array, map]));
  const state = new Map();

  function worst(name) {
    const { shape, worst, grid } = arrays[name];
    const rows = grid.length, columns = grid[0].length;
    if (!worst || !shape.length) return [0, 0];
    const [row, column] = flat(worst, shape), [height, width] = side(shape, columns);
    const at = (k, n, length) => [...Array(n).keys()].find((i) => k <= block(i, n, length)[1]) ?? 0;
    return [at(row, rows, height), at(column, columns, width)];
  }

  function mark(name, row, column) {
    const map = maps.get(name), { rows, columns } = map.dataset;
    state.set(name, [row, column]);
    const cursor = map.querySelector(".cursor").style;
    cursor.left = `${(100 * column) / columns}%`;
    cursor.top = `${(100 * row) / rows}%`;
    cursor.width = `${100 / columns}%`;
    cursor.height = `${100 / rows}%`;
  }

  function where(name, row, column) {
    const { shape, grid } = arrays[name], rows = grid.length, columns = grid[0].length;
    const [height, width] = side(shape, columns);
    const across = range(block(column, columns, width));
    if (shape.length < 2) return `${name}[${across}]`;
    const down = range(block(row, rows, height));
    return shape.length === 2 ? `${name}[${down}, ${across}]` : `${name}, rows ${down} of ${height}, columns ${across}`;
  }

  function tell(name, row, column) {
    mark(name, row, column);
    for (const [other, map] of maps) map.classList.toggle("chosen", other === name);
    const { worst: index, values, error, reason, grid } = arrays[name], units = grid[row][column];
    panel.replaceChildren();
    const box = element("div", "", panel), close = element("button", "×", box);
    close.type = "button";
    close.className = "close";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", hide);
    element("h4", where(name, row, column), box);
    const verdict = units <= 10 ? "rounding" : "more than rounding";
    element("p", `Largest difference in this block: ${units} rounding units, ${verdict}.`, box);
    const list = element("dl", "", box);
    const say = (term, text) => (element("dt", term, list), element("dd", text, list));
    say(`Worst entry of ${name}`, index ? `[${index.join(", ")}]` : "-");
    for (const [who, value] of values) say(who, value);
    say("relative error", `${error}: ${reason}`);
  }

  function hide() {
    panel.replaceChildren();
    for (const map of maps.values()) map.classList.remove("chosen");
  }

  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  for (const [name, map] of maps) {
    const rows = Number(map.dataset.rows), columns = Number(map.dataset.columns);
    mark(name, ...worst(name));
    map.addEventListener("click", (event) => {
      if (event.detail === 0) return tell(name, ...state.get(name)); // by Enter or space
      const box = map.getBoundingClientRect();
      const at = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
      tell(name, at((event.clientY - box.top) / box.height, rows), at((event.clientX - box.left) / box.width, columns));
    });
    map.addEventListener("keydown", (event) => {
      if (event.key in STEPS) {
        event.preventDefault();
        const [row, column] = state.get(name), [down, right] = STEPS[event.key];
        const within = (value, n) => Math.min(n - 1, Math.max(0, value));
        mark(name, within(row + down, rows), within(column + right, columns));
        if (map.classList.contains("chosen")) tell(name, ...state.get(name));
      }
    });
  }

  figure.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  for (const button of document.querySelectorAll("[data-show]")) {
    const name = button.dataset.show;
    if (!maps.has(name) || figure.closest("section") !== button.closest("section")) continue;
    button.addEventListener("click", () => {
      tell(name, ...worst(name));
      maps.get(name).scrollIntoView({ block: "nearest" });
    });
  }
}
