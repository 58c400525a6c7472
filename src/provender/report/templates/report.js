"use strict";
// The page is whole without this: it adds sorting and filtering, and opens all for the printer.
const table = document.getElementById("findings-table");
if (table) {
  const groups = [...table.tBodies];
  const value = (group, key) => {
    const text = group.dataset[key];
    const number = Number(text);
    return text === "" ? Infinity : Number.isNaN(number) ? text : number;
  };
  for (const head of table.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const key = head.dataset.sort;
      const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of table.querySelectorAll("th[data-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", way === 1 ? "ascending" : "descending");
      groups.sort((a, b) => {
        const [x, y] = [value(a, key), value(b, key)];
        return x === y ? 0 : (x < y ? -1 : 1) * way;
      });
      table.append(...groups);
    });
  }
  const tools = document.getElementById("findings-tools");
  const status = document.getElementById("findings-status");
  tools.hidden = false;
  tools.querySelector("input").addEventListener("input", (event) => {
    const sought = event.target.value.toLowerCase();
    let left = 0;
    for (const group of groups) {
      group.hidden = !group.textContent.toLowerCase().includes(sought);
      left += group.hidden ? 0 : 1;
    }
    status.textContent = `${left} of ${groups.length} shown`;
  });
}
window.addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
