// The drawing: strokes by pointer or keyboard, or an image file, on one canvas.

const STEP = 0.02;  // of the side, for each press of an arrow key

export class Drawing {
  // `changed(done)` is called at each change; done is false while a stroke is being drawn
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.strokes = [];
    this.image = null;
    this.width = 12;
    this.boxes = [];
    this.pointer = null;
    this.pen = { x: 0.5, y: 0.5, down: false, shown: false };
    this.listen();
    this.paint();
  }

  get isEmpty() {
    return this.strokes.length === 0 && this.image === null;
  }

  // Another shape of the canvas; strokes would be distorted.
  reshape(width, height) {
    Object.assign(this.canvas, { width, height });
    this.strokes = [];
    this.boxes = [];
    this.pen = { x: 0.5, y: 0.5, down: false, shown: false };
    this.update(true);
  }

  // Show where digits were found, in pixels of what the server was sent.
  showBoxes(boxes) {
    this.boxes = boxes;
    this.paint();
  }

  clear() {
    this.boxes = [];
    this.strokes = [];
    this.image = null;
    this.pen.down = false;
    this.pointer = null;
    this.update(true);
  }

  undo() {
    if (this.strokes.length) this.strokes.pop();
    else this.image = null;
    this.pen.down = false;
    this.update(true);
  }

  // Show an image file in place of the drawing; throws where the browser cannot read it.
  async load(file) {
    const bitmap = await createImageBitmap(file);
    this.strokes = [];
    this.pen.down = false;
    this.image = { file, bitmap };
    this.boxes = [];
    this.update(true);
  }

  // What the server is sent: the file itself, or the strokes as light ink on a dark ground.
  async content() {
    if (this.image) return { body: this.image.file, type: this.image.file.type || "application/octet-stream", polarity: "auto" };
    const { width, height } = this.canvas;
    const copy = Object.assign(document.createElement("canvas"), { width: width / 2, height: height / 2 });
    const context = copy.getContext("2d");
    context.fillStyle = "black";
    context.fillRect(0, 0, copy.width, copy.height);
    this.drawStrokes(context, "white");
    const body = await new Promise((resolve) => copy.toBlob(resolve, "image/png"));
    return { body, type: "image/png", polarity: "light-on-dark" };
  }

  update(done) {
    this.paint();
    this.changed(done);
  }

  paint() {
    const context = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    const style = getComputedStyle(this.canvas);
    context.clearRect(0, 0, width, height);
    if (this.image) {
      const { bitmap } = this.image;
      const scale = Math.min(width / bitmap.width, height / bitmap.height);
      const [w, h] = [bitmap.width * scale, bitmap.height * scale];
      this.place = { x: (width - w) / 2, y: (height - h) / 2, scale };
      context.drawImage(bitmap, this.place.x, this.place.y, w, h);
    } else {
      this.place = { x: 0, y: 0, scale: 2 };
    }
    this.drawStrokes(context, style.color);
    this.drawBoxes(context, style);
    if (this.pen.shown) {
      context.strokeStyle = style.getPropertyValue("--link");
      context.lineWidth = 3;
      context.beginPath();
      context.arc(this.pen.x * width, this.pen.y * height, this.pen.down ? 8 : 14, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  drawStrokes(context, color) {
    const { width, height } = context.canvas;
    context.strokeStyle = context.fillStyle = color;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) {
      context.lineWidth = stroke.width * height / 140;
      context.beginPath();
      const [first, ...others] = stroke.points;
      context.moveTo(first.x * width, first.y * height);
      for (const point of others.length ? others : [first]) context.lineTo(point.x * width, point.y * height);
      context.stroke();
    }
  }

  drawBoxes(context, style) {
    const unit = Math.max(this.canvas.width / this.canvas.clientWidth, 1);  // one pixel of the screen
    context.strokeStyle = context.fillStyle = style.getPropertyValue("--link");
    context.lineWidth = 2 * unit;
    context.lineJoin = "miter";
    context.font = `600 ${18 * unit}px system-ui, sans-serif`;
    context.textAlign = "center";
    const { x, y, scale } = this.place;
    for (const box of this.boxes) {
      const [left, top, width, height] = [x + box.left * scale, y + box.top * scale, box.width * scale, box.height * scale];
      const edge = 3 * unit;
      context.strokeRect(left - edge, top - edge, width + 2 * edge, height + 2 * edge);
      const above = top - 3 * edge;
      const below = Math.min(top + height + 8 * edge, this.canvas.height - edge);
      context.fillText(box.label ?? "?", left + width / 2, above >= 18 * unit ? above : below);
    }
  }

  begin(point) {
    this.image = null;
    this.boxes = [];
    this.strokes.push({ width: this.width, points: [point] });
  }

  extend(point) {
    this.strokes.at(-1)?.points.push(point);
  }

  listen() {
    const { canvas } = this;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.pointer !== null) return;
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      this.pointer = event.pointerId;
      this.pen = { ...this.pen, down: false, shown: false };
      this.begin(at(event));
      this.update(false);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.pointer) return;
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) this.extend(at(one));
      this.update(false);
    });
    const end = (event) => {
      if (event.pointerId !== this.pointer) return;
      this.pointer = null;
      this.update(true);
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("keydown", (event) => this.pressed(event));
    canvas.addEventListener("blur", () => {
      this.pen = { ...this.pen, down: false, shown: false };
      this.paint();
    });
  }

  pressed(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const { pen } = this;
    if (event.key in moves) {
      const [dx, dy] = moves[event.key];
      const ratio = this.canvas.height / this.canvas.width;
      pen.x = Math.min(Math.max(pen.x + dx * STEP * ratio, 0), 1);
      pen.y = Math.min(Math.max(pen.y + dy * STEP, 0), 1);
      if (pen.down) this.extend({ x: pen.x, y: pen.y });
    } else if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down) this.begin({ x: pen.x, y: pen.y });
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      this.undo();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
    pen.shown = true;
    this.update(!pen.down);
  }
}
