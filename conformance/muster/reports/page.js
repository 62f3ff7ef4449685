"use strict";

// Filters, copy buttons and links into the page. All else works without this script.
(() => {
  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const unfold = document.getElementById("unfold");
  const articles = [...document.querySelectorAll("article")];
  const sections = [...document.querySelectorAll("main > section")];
  const folded = [...document.querySelectorAll("main details")];
  const drawer = document.getElementById("drawer");

  // Not what is ticked: at one API version there may be a verdict that has no box.
  const unticked = (name) =>
    new Set([...form.querySelectorAll(`[name=${name}]:not(:checked)`)].map((box) => box.value));

  // The verdict of a requirement: at the API version that was chosen, else the most urgent.
  function statusOf(article, version) {
    if (!version) return article.dataset.status;
    const found = article.dataset.at.split(" ").find((each) => each.startsWith(`${version}:`));
    return found ? found.slice(version.length + 1) : "unchecked";
  }

  function filter() {
    const verdicts = unticked("verdict");
    const levels = unticked("level");
    const version = form.elements.version ? form.elements.version.value : "";
    const group = form.elements.group.value;
    const text = form.elements.text.value.trim().toLowerCase();
    for (const article of articles) {
      article.hidden =
        verdicts.has(statusOf(article, version)) ||
        levels.has(article.dataset.level) ||
        (group !== "" && article.dataset.group !== group) ||
        !article.textContent.toLowerCase().includes(text);
      for (const part of article.querySelectorAll("[data-versions]")) {
        const versions = part.dataset.versions.split(" ").filter(Boolean);
        part.hidden = Boolean(version) && versions.length > 0 && !versions.includes(version);
      }
    }
    for (const section of sections) {
      const left = section.querySelectorAll("article:not([hidden])").length;
      section.hidden = left === 0;
      section.querySelector(".count").textContent = left;
    }
    const count = articles.filter((article) => !article.hidden).length;
    shown.textContent = `${count} of ${articles.length} requirements shown`;
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

  // A link to a requirement shows it, whatever the filters say, and unfolds what was found.
  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) form.reset();
    if (target.matches("article")) {
      for (const each of target.querySelectorAll("details")) each.open = true;
    }
    for (let each = target.closest("details"); each; each = each.parentElement.closest("details")) {
      each.open = true;
    }
    target.scrollIntoView();
  }

  // An exchange that several findings have stands on the page once; the others get a copy.
  function fill(details) {
    for (const each of details.querySelectorAll("[data-same]")) {
      const copy = document.getElementById(each.dataset.same).cloneNode(true);
      copy.removeAttribute("id");
      each.replaceWith(copy);
    }
  }

  function unfoldAll(open) {
    for (const each of folded) each.open = open;
    unfold.setAttribute("aria-pressed", String(open));
  }

  form.closest("search").hidden = false;
  drawer.open = !matchMedia("(max-width: 40rem)").matches;
  for (const each of folded) each.addEventListener("toggle", () => fill(each));
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  unfold.hidden = folded.length === 0;
  unfold.addEventListener("click", () => unfoldAll(unfold.getAttribute("aria-pressed") !== "true"));
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = folded.filter((each) => !each.open);
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
  });
  addEventListener("hashchange", follow);
  filter();
  follow();
})();
