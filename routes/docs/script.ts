/**
 * The script of the page `/docs`. Without it everything can be read.
 *
 * @module
 */

/** The whole script: it adds a button to copy each example, a filter, and a mark at the section in view. */
export const SCRIPT = `"use strict";
for (const figure of document.querySelectorAll("figure")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy: " + figure.querySelector("figcaption").textContent);
  button.addEventListener("click", async () => {
    const code = figure.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Without https a page may not write to the clipboard by itself.
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => button.textContent = "Copy", 2000);
  });
  figure.prepend(button);
}

{
  const nav = document.querySelector("nav");
  const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const sections = [...links.keys()].map((id) => document.getElementById(id));
  const words = new Map(sections.map((section) => [section, section.textContent.toLowerCase()]));

  const search = document.createElement("p");
  search.className = "search";
  search.innerHTML =
    '<label for="search">Search</label><input id="search" type="search" autocomplete="off"><output for="search"></output>';
  nav.prepend(search);
  const [, field, found] = search.children;
  const filter = () => {
    const wanted = field.value.toLowerCase().split(" ").filter((word) => word !== "");
    let count = 0;
    for (const section of sections) {
      const fits = wanted.every((word) => words.get(section).includes(word));
      section.hidden = !fits;
      links.get(section.id).parentElement.hidden = !fits;
      if (fits) count++;
    }
    for (const list of nav.querySelectorAll("ul")) {
      const empty = !list.querySelector("li:not([hidden])");
      list.hidden = empty;
      list.previousElementSibling.hidden = empty;
    }
    for (const tag of document.querySelectorAll("section.tag:not([id])")) {
      tag.hidden = !tag.querySelector("article:not([hidden])");
    }
    found.textContent = wanted.length === 0 ? "" : count + " of " + sections.length;
    mark();
  };
  field.addEventListener("input", filter);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      field.value = "";
      filter();
    }
  });
  // A link from elsewhere leads to a section that the filter hides.
  addEventListener("hashchange", () => {
    if (document.getElementById(location.hash.slice(1))?.hidden) {
      field.value = "";
      filter();
      document.getElementById(location.hash.slice(1)).scrollIntoView();
    }
  });

  let current = null;
  const mark = () => {
    const above = sections.filter((section) => !section.hidden && section.getBoundingClientRect().top < innerHeight / 3);
    const next = above.length === 0 ? null : links.get(above[above.length - 1].id);
    if (next === current) return;
    if (current !== null) current.removeAttribute("aria-current");
    current = next;
    if (next === null) return;
    next.setAttribute("aria-current", "true");
    // Only the menu scrolls, and only when the mark is outside of it.
    const [item, menu] = [next.getBoundingClientRect(), nav.getBoundingClientRect()];
    if (item.top < menu.top || item.bottom > menu.bottom) nav.scrollTop += item.top - menu.top - menu.height / 3;
  };
  addEventListener("scroll", mark, { passive: true });
  addEventListener("resize", mark);
  mark();
}
`;
