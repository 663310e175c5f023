// The answers of the models, side by side.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// The name of a model, which leads to its row of the leaderboard where there is one.
export function heading(name) {
  const hasRow = document.getElementById("board");
  return element("h3", {}, hasRow ? element("a", { href: `#row-${name}` }, name) : name);
}

const png = (content) => `data:image/png;base64,${content}`;

export class Answer {
  constructor(model, list) {
    this.model = model;
    this.row = element("li", { class: "answer", id: `model-${model.name}` });
    this.row.append(heading(model.name));
    this.picture = element("img", { class: "seen", alt: "", width: 28, height: 28 });
    this.label = element("span", { class: "label no" }, "nothing drawn");
    this.took = element("span", { class: "took" });
    this.bars = element("ol", { class: "bars" });
    this.kind = element("span", { class: "kind" });
    this.problem = element("p", { class: "problem" });
    this.row.append(this.picture, this.label, this.took, this.bars, this.kind, this.problem);
    list.append(this.row);
    this.clear();
  }

  clear() {
    this.show({ images: [{ status: "nothing drawn", label: null, values: null }], classes: [] });
    this.isEmpty = true;
  }

  wait() {
    if (this.isEmpty) this.label.textContent = "asked …";
  }

  show(answer) {
    this.isEmpty = false;
    const image = answer.images?.[0] ?? {};
    this.value = image.status === "ok" ? image.label : null;
    this.layers = answer.layers ?? [];
    this.label.textContent = this.value ?? image.status ?? "no answer";
    this.label.classList.toggle("no", this.value === null);
    this.took.textContent = answer.seconds == null ? "" : duration(answer.seconds);
    this.problem.textContent = answer.error ?? "";
    this.problem.hidden = !answer.error;
    this.picture.classList.toggle("no", !image.picture);
    if (image.picture) {
      this.picture.src = png(image.picture);
      this.picture.alt = "the image as the model sees it";
    }
    this.kind.textContent = image.values ? { probabilities: "probabilities", scores: "scores, no probabilities" }[answer.kind] : "";
    this.bars.replaceChildren(...(image.values ?? []).map((value, i, all) => bar(answer, value, i, all)));
  }
}

export function duration(seconds) {
  return seconds < 0.9995 ? `${Number((seconds * 1000).toPrecision(2))} ms` : `${seconds.toFixed(1)} s`;
}

function bar(answer, value, i, all) {
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const isShare = answer.kind === "probabilities";
  const share = isShare ? value : (value - low) / (high - low || 1);
  const text = isShare ? `${(value * 100).toFixed(1)} %` : value.toPrecision(3);
  const filled = element("span");
  filled.style.setProperty("--share", share);
  const name = answer.classes[i];
  return element("li", { title: `${name}: ${text}` }, element("div", { class: "bar" }, filled), name,
    element("span", { class: "unseen" }, ` ${text}`));
}

// Say how many models agree, and mark those that answer otherwise.
export function showAgreement(answers, status) {
  const values = answers.map((answer) => answer.value).filter((value) => value !== null);
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [best, count] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [null, 0];
  for (const answer of answers) answer.row.classList.toggle("differs", answer.value !== null && answer.value !== best);
  const text = best === null ? "No model is sure" : `${best}: ${count} of ${answers.length} models`;
  if (status.textContent !== text) status.textContent = text;
}

export function showLayers(answers, place) {
  const shown = answers.filter((answer) => answer.layers.length);
  place.replaceChildren(...shown.flatMap((answer) => [
    element("h4", {}, answer.model.name),
    ...answer.layers.map((layer) => element("figure", { class: "layer" },
      element("img", { src: png(layer.picture), alt: `${layer.name}: its channels side by side` }),
      element("figcaption", { class: "faint" }, layer.name))),
  ]));
  if (!shown.length) place.textContent = "No network has answered about a drawing yet.";
}

export function showLeaderboard(board, saved, table, notes) {
  notes.textContent = board.notes.join(" ");
  const headings = Object.keys(board.rows[0]?.cells ?? {});
  const head = element("thead", {}, element("tr", {}, ...headings.map((name) => element("th", { scope: "col" }, name))));
  const rows = board.rows.map((row) => element("tr", { id: `row-${row.name}` }, ...headings.map((name) => {
    const text = row.cells[name];
    if (name === "model" && row.link) return element("td", {}, element("a", { href: row.link }, text));
    if (name === "features" && saved.has(row.name)) {
      return element("td", {}, `${text} `, element("a", { href: `#model-${row.name}` }, "answer"));
    }
    return element("td", {}, text);
  })));
  table.replaceChildren(head, element("tbody", {}, ...rows));
}
