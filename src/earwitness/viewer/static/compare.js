// Two sessions side by side.
import { dress } from "./format.js";
import "./keys.js";

const form = document.getElementById("compare");
form.addEventListener("submit", () => {
  for (const input of form.elements) if (input.value === "") input.disabled = true;
});
addEventListener("pageshow", () => {
  for (const input of form.elements) input.disabled = false;
});
dress(document);
