// The report's only script: sorting tables by a click on a heading, and the search box over titles.
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

const box = document.getElementById("search");
if (box && Array.isArray(window.JOBTIDE_TITLES)) {
  const rows = new Map();
  for (const row of document.querySelectorAll("table.searchable tbody tr")) rows.set(row.dataset.title, row);
  const found = document.getElementById("found");
  const hint = found.textContent;
  const show = () => {
    const wanted = box.value.normalize("NFKC").toLowerCase().trim();
    let shown = 0;
    for (const title of window.JOBTIDE_TITLES) {
      const row = rows.get(title.id);
      if (!row) continue;
      row.hidden = !title.text.includes(wanted);
      if (!row.hidden) shown += 1;
    }
    found.textContent = wanted ? `${shown} of ${rows.size} titles` : hint;
  };
  box.closest("p").hidden = false;
  box.addEventListener("input", show);
  show();
}
