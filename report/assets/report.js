// The report's only script: sorting tables by a click on a heading, the search box over titles, any title by month.
// Everything else on the page works without it. No request is made, and no text is ever put in as HTML.
"use strict";

// Empty values sort last in both directions; equal ones keep their order.
function compare(one, other, isNumber, direction) {
  if (one === "" || other === "") return (one === "") - (other === "");
  const difference = isNumber ? Number(one) - Number(other) : one.localeCompare(other);
  return direction * difference;
}

function sortBy(table, column, heading) {
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  const isNumber = heading.classList.contains("number");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  rows.sort((one, other) => compare(one.cells[column].dataset.sort, other.cells[column].dataset.sort, isNumber, ascending ? 1 : -1));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  body.append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  if (table.tBodies[0].rows.length < 2) continue;
  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, column, heading));
    heading.append(button);
  });
}

// Any title by month: columns of the counts in title-months.js, drawn for the width there is.
const SVG = document.querySelector("svg")?.namespaceURI;

function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return Math.max(1, power * [1, 2, 5, 10].find((times) => times * power >= rough));
}

function monthChart(data, title) {
  const narrow = window.innerWidth < 736;
  const width = narrow ? 350 : 720, left = 52, top = 8, height = narrow ? 130 : 170, bottom = top + height;
  const most = Math.max(1, ...title.postings), step = roundStep(most / 4);
  const slot = (width - left - 6) / data.months.length;
  const y = (value) => bottom - (value / most) * height;
  const svg = shape("svg", { viewBox: `0 0 ${width} ${bottom + 24}`, role: "img" });
  svg.append(shape("title", {}, `${title.name}: postings a month`));
  for (let tick = 0; tick <= most; tick += step) {
    svg.append(shape("line", { x1: left, x2: width - 6, y1: y(tick), y2: y(tick), class: tick ? "grid" : "axis" }));
    svg.append(shape("text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, tick.toLocaleString("en")));
  }
  data.months.forEach((month, place) => {
    const within = (window) => window && window[0] <= month && month <= window[1];
    const role = within(data.windows[1]) ? "current" : within(data.windows[0]) ? "base" : "outside";
    const count = title.postings[place], x = left + slot * (place + 0.1);
    const bar = shape("rect", { x, y: y(count), width: slot * 0.8, height: bottom - y(count), class: role });
    bar.append(shape("title", {}, `${month}: ${count.toLocaleString("en")}`));
    svg.append(bar);
    if (month.endsWith("-01") || (!narrow && month.endsWith("-07"))) {
      svg.append(shape("text", { x: x + slot * 0.4, y: bottom + 16, "text-anchor": "middle" }, month));
    }
  });
  return svg;
}

const figure = document.getElementById("title-months");
const series = window.JOBTIDE_MONTHS;
let drawn = "";

function showMonths(id) {
  if (!figure || !series || !SVG || !Object.hasOwn(series.titles, id)) return;
  const title = series.titles[id];
  figure.querySelector(".caption").textContent = `${title.name}${title.chinese ? ` ${title.chinese}` : ""} by month`;
  figure.querySelector(".drawing").replaceChildren(monthChart(series, title));
  figure.hidden = false;
  drawn = id;
}

if (figure && series && SVG) {
  for (const row of document.querySelectorAll("table.searchable tbody tr")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "months";
    button.textContent = "by month";
    button.addEventListener("click", () => {
      showMonths(row.dataset.title);
      figure.scrollIntoView({ block: "nearest" });
    });
    row.cells[0].append(button);
  }
  window.addEventListener("resize", () => showMonths(drawn));
}

const box = document.getElementById("search");
if (box && Array.isArray(window.JOBTIDE_TITLES)) {
  const rows = new Map();
  for (const row of document.querySelectorAll("table.searchable tbody tr")) rows.set(row.dataset.title, row);
  const found = document.getElementById("found");
  const hint = found.textContent;
  const show = () => {
    const wanted = box.value.normalize("NFKC").toLowerCase().trim();
    let shown = 0, first = "";
    for (const title of window.JOBTIDE_TITLES) {
      const row = rows.get(title.id);
      if (!row) continue;
      row.hidden = !title.text.includes(wanted);
      if (!row.hidden) shown += 1;
      if (!row.hidden && first === "") first = title.id;
    }
    if (first !== "" && (wanted || drawn === "")) showMonths(first);
    found.textContent = wanted ? `${shown} of ${rows.size} titles` : hint;
  };
  box.closest("p").hidden = false;
  box.addEventListener("input", show);
  show();
}
