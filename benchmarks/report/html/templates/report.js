"use strict";
// Without this script the page shows everything: all rows, all costs, and details to open by hand.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const board = document.getElementById("board");
  const body = board.tBodies[0];
  const headings = all("thead th", board);
  all(".controls").forEach((controls) => { controls.hidden = false; });

  function valueOf(row, column) {
    const cell = row.cells[column];
    if (!cell || cell.colSpan > 1) return null;
    if ("v" in cell.dataset) return cell.dataset.v === "" || cell.dataset.v === "None" ? null : Number(cell.dataset.v);
    return cell.textContent.trim().toLowerCase() || null;
  }

  function sortBy(column) {
    const heading = headings[column];
    // the best value comes first: high scores, low costs
    const first = heading.dataset.first;
    const other = first === "ascending" ? "descending" : "ascending";
    const direction = heading.getAttribute("aria-sort") === first ? other : first;
    headings.forEach((one) => one.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
    rows.sort(([a], [b]) => (a === null) - (b === null) || (a < b ? -sign : a > b ? sign : 0));
    body.append(...rows.map(([, row]) => row));
  }

  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => sortBy(column));
  });
  headings[0].setAttribute("aria-sort", "ascending");

  const choices = ["family", "features"].map((id) => document.getElementById(id));
  function filter() {
    const rows = [...body.rows];
    rows.forEach((row) => {
      row.hidden = choices.some((choice) => choice.value && row.dataset[choice.id] !== choice.value);
    });
    const shown = rows.filter((row) => !row.hidden).length;
    document.getElementById("count").textContent = `${shown} of ${rows.length} rows`;
  }
  choices.forEach((choice) => choice.addEventListener("change", filter));
  filter();

  function showCost() {
    const chosen = document.querySelector("input[name=cost]:checked");
    all(".cost").forEach((figure) => { figure.hidden = figure.dataset.cost !== chosen.value; });
  }
  all("input[name=cost]").forEach((choice) => choice.addEventListener("change", showCost));
  if (document.querySelector("input[name=cost]")) showCost();

  const tip = document.getElementById("tip");
  let shownMark = null;
  function showTip(mark) {
    shownMark = mark;
    tip.textContent = mark.getAttribute("aria-label");
    tip.hidden = false;
    const at = mark.querySelector("circle").getBoundingClientRect();
    const left = Math.min(at.right + 8, innerWidth - tip.offsetWidth - 8);
    const below = at.bottom + 8 + tip.offsetHeight < innerHeight;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${below ? at.bottom + 8 : at.top - tip.offsetHeight - 8}px`;
  }
  addEventListener("scroll", () => { if (!tip.hidden) showTip(shownMark); });
  all(".mark").forEach((mark) => {
    ["mouseenter", "focus"].forEach((name) => mark.addEventListener(name, () => showTip(mark)));
    ["mouseleave", "blur"].forEach((name) => mark.addEventListener(name, () => { tip.hidden = true; }));
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });

  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
    }
  }
  addEventListener("hashchange", openTarget);
  openTarget();

  // a link to the part that is already in the address changes nothing there, but opens it again
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === decodeURIComponent(location.hash)) openTarget();
  });

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open])");
    opened.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((part) => { part.open = false; }));
})();
