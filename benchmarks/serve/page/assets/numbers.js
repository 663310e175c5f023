// What the models read in a picture of several digits, side by side.

import { duration, element, heading } from "./answers.js";

const DOUBTFUL = 0.9;  // a digit with a lower probability is marked

export class NumberAnswer {
  // `chosen(this)` is called when the boxes of this model are to be shown
  constructor(model, list, chosen) {
    this.model = model;
    this.layers = [];
    this.row = element("li", { class: "answer", id: `model-${model.name}` });
    this.read = element("ol", { class: "read" });
    this.took = element("span", { class: "took" });
    this.problem = element("p", { class: "problem" });
    this.boxes = element("button", { type: "button", class: "boxes" }, "Show boxes");
    this.boxes.append(element("span", { class: "unseen" }, ` of ${model.name}`));
    this.boxes.addEventListener("click", () => chosen(this));
    this.row.append(heading(model.name), this.read, this.boxes, this.took, this.problem);
    list.append(this.row);
    this.clear();
  }

  mark(shown) {
    this.boxes.setAttribute("aria-pressed", shown);
  }

  clear() {
    this.show({ images: [{ number: "", digits: [] }] });
    this.isEmpty = true;
  }

  wait() {
    if (this.isEmpty) this.say("asked …");
  }

  say(text) {
    this.read.replaceChildren(element("li", { class: "no" }, text));
  }

  show(answer) {
    this.isEmpty = false;
    const { number = "", digits = [] } = answer.images?.[0] ?? {};
    this.digits = digits;
    this.value = number && digits.every((digit) => digit.label !== null) ? number : null;
    this.row.dataset.number = number;
    this.took.textContent = answer.seconds == null ? "" : duration(answer.seconds);
    this.problem.textContent = answer.error ?? "";
    this.problem.hidden = !answer.error;
    if (digits.length) this.read.replaceChildren(...digits.map(digitElement));
    else this.say(answer.error ? "no answer" : "nothing drawn");
  }
}

function digitElement(digit) {
  const { label, probability } = digit;
  const made = element("li", {}, label ?? "?");
  if (probability === null) return made;
  made.classList.toggle("doubtful", label === null || probability < DOUBTFUL);
  const percent = Math.min(Math.floor(probability * 100), 99);  // no model is certain
  made.append(element("small", {}, `${percent} %`));
  return made;
}
