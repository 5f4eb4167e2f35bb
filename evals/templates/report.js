
"use strict";
const form = document.getElementById("filter");
const articles = [...document.querySelectorAll("article")];
function apply() {
  const wanted = Object.fromEntries(new FormData(form));
  const text = wanted.text.trim().toLowerCase();
  let shown = 0;
  for (const article of articles) {
    const fits = ["outcome", "kind", "language"].every((key) => !wanted[key] || article.dataset[key] === wanted[key]);
    article.hidden = !fits || !article.textContent.toLowerCase().includes(text);
    shown += article.hidden ? 0 : 1;
  }
  form.querySelector("output").value = `${shown} of ${articles.length} shown`;
}
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
apply();
