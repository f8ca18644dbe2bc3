"use strict";
// Everything is shown until this runs: without it the page is whole, only longer.
const filters = document.getElementById("filters");
const attempts = [...document.querySelectorAll("main > .attempt")];
const details = [...document.querySelectorAll("main details")];

function apply() {
  const chosen = new FormData(filters);
  const authors = new Set(chosen.getAll("author"));
  const code = chosen.get("code");
  let shown = 0;
  for (const attempt of attempts) {
    const blocks = [...attempt.querySelectorAll("[data-author]")];
    for (const block of blocks) block.hidden = !authors.has(block.dataset.author);
    for (const call of attempt.querySelectorAll(".call"))
      call.hidden = [...call.children].every((part) => part.hidden);
    const codes = (attempt.dataset.codes ?? "").split(" ");
    attempt.hidden = (code && !codes.includes(code)) || blocks.every((block) => block.hidden);
    shown += attempt.hidden ? 0 : 1;
    const entry = document.querySelector(`nav [data-attempt="${attempt.id}"]`);
    if (entry) entry.hidden = attempt.hidden;
  }
  document.getElementById("count").textContent = `${shown} of ${attempts.length} shown`;
}

document.getElementById("unfold").addEventListener("click", (event) => {
  const open = event.target.getAttribute("aria-pressed") !== "true";
  for (const one of details) one.open = open;
  event.target.setAttribute("aria-pressed", String(open));
});
filters.addEventListener("change", apply);
filters.addEventListener("submit", (event) => event.preventDefault());
filters.hidden = false;
apply();
