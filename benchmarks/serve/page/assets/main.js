// Connects the drawing with the answers.

import { Answer, showAgreement, showLayers, showLeaderboard } from "./answers.js";
import { Asker, getJson, post } from "./asking.js";
import { Drawing } from "./drawing.js";
import { NumberAnswer } from "./numbers.js";

const EVERY_MS = 200;  // while a stroke is being drawn
const NARROW = matchMedia("(max-width: 48rem)");
const CENTRED = "The training images were scaled and centred. Without that, small digits or digits off the centre are "
  + "often misclassified.";
const NOT_CENTRED = "The training images were not scaled and centred: draw as large as their digits were, in the middle.";
const find = (id) => document.getElementById(id);
const message = find("message");
let kind = "digit";
let models = [];
let answers = [];
let boxesOf = null;  // the answer whose boxes are shown
let askers = [];
let asked = 0;
let timer = null;

const drawing = new Drawing(find("canvas"), (done) => {
  tell("");
  if (done) send();
  else timer ??= setTimeout(send, EVERY_MS);
});

function tell(text) {
  message.textContent = text;
  message.hidden = !text;
}

function options(model) {
  const maps = find("maps").open ? { feature_maps: true } : {};
  // without a wish the images are prepared as the training images were
  const centre = find("centre").checked === model.centred ? {} : { centre: find("centre").checked };
  return { model: model.name, pictures: true, ...centre, ...maps };
}

async function send() {
  clearTimeout(timer);
  timer = null;
  asked += 1;
  const mine = asked;
  if (drawing.isEmpty) {
    for (const asker of askers) asker.forget();
    for (const answer of answers) answer.clear();
    find("agreement").textContent = "Nothing drawn";
    for (const answer of answers) answer.row.classList.remove("differs");
    return;
  }
  for (const answer of answers) answer.wait();
  const content = await drawing.content();
  if (mine === asked) for (const asker of askers) asker.put(content);
}

function show(answer, result) {
  if (drawing.isEmpty) return;
  answer.show(result.answers?.[0] ?? result.readings?.[0] ?? result);
  if (answer === boxesOf) drawing.showBoxes(answer.digits);
  showAgreement(answers, find("agreement"));
  if (find("maps").open) showLayers(answers, find("layers"));
}

async function load(file) {
  if (!file) return;
  try {
    await drawing.load(file);
  } catch {
    tell(`${file.name} cannot be shown as an image`);
  }
}

function ask(answer, content) {
  if (kind === "number") return post("api/read", content, { model: answer.model.name, polarity: content.polarity });
  return post("api/predict", content, { ...options(answer.model), polarity: content.polarity });
}

function showBoxesOf(answer) {
  boxesOf = answer;
  for (const one of answers) one.mark(one === answer);
  drawing.showBoxes(answer.digits);
}

// One card for each model, which shows what is asked: a digit or a number.
function build() {
  for (const asker of askers) asker.forget();
  find("answers").replaceChildren();
  answers = models.map((model) => kind === "number"
    ? new NumberAnswer(model, find("answers"), showBoxesOf) : new Answer(model, find("answers")));
  askers = answers.map((answer) => new Asker((content) => ask(answer, content), (result) => show(answer, result)));
  boxesOf = null;
  if (kind === "number" && answers.length) showBoxesOf(answers[0]);
}

// Images are prepared as the training images were, unless the switch is used.
function showCentring() {
  const others = models.filter((model) => !model.centred).map((model) => model.name);
  find("centre").checked = others.length < models.length;
  const all = others.length === models.length;
  find("centring").textContent = !others.length ? CENTRED : all ? NOT_CENTRED : `${others.join(", ")}: ${NOT_CENTRED}`;
}

function choose(chosen) {
  kind = chosen;
  document.body.classList.toggle("number", kind === "number");
  build();
  const width = kind === "digit" ? 560 : NARROW.matches ? 1120 : 1680;
  drawing.reshape(width, 560);
}

async function start() {
  const found = await getJson("api/models");
  models = found.models;
  showCentring();
  build();
  if (!drawing.isEmpty) send();
  if (!find("board")) return;  // exported files have none
  const board = await getJson("api/leaderboard");
  showLeaderboard(board, new Set(found.models.map((model) => model.name)), find("board"), find("notes"));
}

find("undo").addEventListener("click", () => drawing.undo());
find("clear").addEventListener("click", () => drawing.clear());
find("width").addEventListener("input", (event) => { drawing.width = Number(event.target.value); });
for (const radio of document.querySelectorAll("[name=kind]")) {
  radio.addEventListener("change", () => choose(radio.value));
  if (radio.checked && radio.value !== kind) choose(radio.value);  // a page that is loaded again keeps its controls
}
find("centre").addEventListener("change", send);
find("maps").addEventListener("toggle", () => { showLayers(answers, find("layers")); send(); });
find("file").addEventListener("change", (event) => {
  load(event.target.files[0]);
  event.target.value = "";
});
document.addEventListener("paste", (event) => load([...event.clipboardData.files][0]));
document.addEventListener("dragover", (event) => { event.preventDefault(); find("paper").classList.add("over"); });
document.addEventListener("dragleave", () => find("paper").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  find("paper").classList.remove("over");
  load(event.dataTransfer.files[0]);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawing.paint());
start().catch((error) => tell(error.message));
