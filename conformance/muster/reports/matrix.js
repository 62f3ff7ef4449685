"use strict";

// Filters, copy buttons and links into the page. All else works without this script.
(() => {
  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const heads = [...document.querySelectorAll(".matrix thead th[data-build]")];
  const rows = [...document.querySelectorAll(".matrix tr.requirement")];
  const details = [...document.querySelectorAll(".requirement-detail")];

  const words = { fail: "fails", warn: "warns", pass: "met", observe: "seen", inconclusive: "open", blocked: "open" };

  const minor = (version) => Number(version.split(".")[1]);

  // The verdict of a cell at one API version; empty if it was not checked or does not hold there.
  function verdictAt(cell, head, version) {
    const { verdict, verdicts, at, since, until } = cell.dataset;
    if (!version || !verdict) return verdict;
    if (verdicts) return Object.fromEntries(verdicts.split(" ").map((each) => each.split("=")))[version] ?? "";
    // Data of older releases have only where it departs.
    if (!head.dataset.versions.split(" ").includes(version)) return "";
    if (minor(version) < minor(since) || (until && minor(version) > minor(until))) return "";
    return at && !at.split(" ").includes(version) ? "pass" : verdict;
  }

  function filter() {
    const value = (name) => form.elements[name]?.value ?? "";
    const version = value("version");
    const columns = heads.map(
      (head) =>
        (!value("engine") || head.dataset.engine === value("engine")) &&
        (!value("store") || !head.dataset.store || head.dataset.store === value("store")) &&
        (!version || head.dataset.versions.split(" ").includes(version)),
    );
    heads.forEach((head, at) => { head.hidden = !columns[at]; });
    const text = value("text").trim().toLowerCase();
    const left = new Set();
    for (const row of rows) {
      let departs = false;
      [...row.cells].slice(1).forEach((cell, at) => {
        const verdict = verdictAt(cell, heads[at], version);
        cell.hidden = !columns[at];
        cell.className = verdict || "none";
        const word = cell.querySelector("b");
        if (word) word.textContent = words[verdict] ?? "–";
        departs ||= columns[at] && ["fail", "warn"].includes(verdict);
      });
      const group = row.parentElement.dataset.group;
      row.hidden =
        (value("group") && group !== value("group")) ||
        !row.dataset.text.includes(text) ||
        (form.elements.departures.checked && !departs);
      if (!row.hidden) left.add(row.querySelector("th a").textContent);
    }
    for (const body of document.querySelectorAll(".matrix tbody")) {
      body.hidden = !body.querySelector("tr.requirement:not([hidden])");
    }
    for (const each of details) each.hidden = !left.has(each.id);
    const builds = columns.filter(Boolean).length;
    shown.textContent = `${left.size} of ${rows.length} requirements, ${builds} of ${heads.length} builds shown`;
  }

  // A link into what is folded or filtered out unfolds and shows it.
  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const detail = target?.closest(".requirement-detail");
    if (!detail) return;
    detail.hidden = false;
    detail.open = true;
    target.scrollIntoView();
  }

  async function copy(button) {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.firstChild.textContent = "Copied";
      shown.textContent = "Command copied";
    } catch {
      // Not allowed here: select it, so that the reader can copy it.
      getSelection().selectAllChildren(code);
      button.firstChild.textContent = "Selected";
    }
  }

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  addEventListener("hashchange", follow);
  filter();
  follow();
})();
