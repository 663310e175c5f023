// Questions to the server: of each model at most one is under way, and the next is about the newest drawing.

const AGAIN_MS = 700;  // after "too many requests"

export async function getJson(path) {
  const response = await fetch(path);
  const found = await response.json();
  if (!response.ok) throw new Error(found.error);
  return found;
}

export async function post(path, content, options) {
  const query = new URLSearchParams(options);
  const response = await fetch(`${path}?${query}`, {
    method: "POST", body: content.body, headers: { "content-type": content.type },
  });
  const found = await response.json().catch(() => ({ error: `the server answered ${response.status}` }));
  return response.ok ? found : { error: found.error, again: response.status === 429 };
}

export class Asker {
  // `answered(result)` gets what `ask(content)` promises, unless the drawing was cleared since
  constructor(ask, answered) {
    this.ask = ask;
    this.answered = answered;
    this.next = null;
    this.running = false;
    this.drawing = 0;
  }

  put(content) {
    this.next = content;
    if (!this.running) this.run();
  }

  forget() {
    this.drawing += 1;
    this.next = null;
  }

  async run() {
    this.running = true;
    while (this.next) {
      const [content, drawing] = [this.next, this.drawing];
      this.next = null;
      const result = await this.ask(content).catch(() => ({ error: "the server cannot be reached" }));
      if (result.again) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      if (drawing !== this.drawing) continue;
      if (result.again) this.next ??= content;
      else this.answered(result);
    }
    this.running = false;
  }
}
