const lanes = [["systemCall", "system calls", "--call"], ["preimage", "pre-images", "--preimage"], ["hint", "hints", "--hint"],
  ["thread", "thread switches", "--thread"], ["snapshot", "stored states", "--mark"]];

/* The time line: calls over steps as a flame chart, what happens below it, all steps or one of them. */
class Chart {
  static row = 18; static lane = 16; static top = 22;
  constructor(game, end, onpick, onrange) {
    this.game = game; this.end = Math.max(1, end); this.onpick = onpick; this.onrange = onrange;
    this.tiles = Tiles.of(game); this.from = 0; this.to = this.end; this.step = 0; this.depth = 6; this.depthMost = 26; this.snapshots = []; this.isDue = false;
    this.canvas = make("canvas", {tabindex: 0, role: "img", height: 200});
    this.tip = make("div", {class: "tip mono", hidden: ""});
    this.element = make("div", {class: "chart"}, this.canvas, this.tip);
    this.tiles.onload = () => this.draw();
    this.canvas.addEventListener("wheel", event => {
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan(event.deltaX / this.width);
      else this.zoom(Math.exp(event.deltaY / 300), this.at(event.offsetX));
    }, {passive: false});
    this.canvas.addEventListener("pointerdown", event => {
      this.drag = {x: event.offsetX, from: this.from, to: this.to, moved: false};
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", event => {
      if (this.drag && Math.abs(event.offsetX - this.drag.x) > 3) this.drag.moved = true;
      if (this.drag && this.drag.moved) {
        const shift = (this.drag.x - event.offsetX) / this.width * (this.drag.to - this.drag.from);
        this.set(this.drag.from + shift, this.drag.to + shift);
      }
      this.hover(event.offsetX, event.offsetY);
    });
    this.canvas.addEventListener("pointerup", event => {
      if (this.drag && !this.drag.moved) this.onpick(Math.floor(this.at(event.offsetX)));
      else this.onrange();
      this.drag = null;
    });
    this.canvas.addEventListener("dblclick", event => { this.zoom(1 / 8, this.at(event.offsetX)); this.onrange(); });
    this.canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    new ResizeObserver(() => this.draw()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.colors = null; this.draw(); });
  }
  at(x) { return this.from + x / this.width * (this.to - this.from); }
  x(step) { return (step - this.from) / (this.to - this.from) * this.width; }
  get width() { return this.element.clientWidth || 1000; }
  /* Shows a range, of one step at least, inside of the trace. */
  set(from, to) {
    const span = Math.min(Math.max(1, to - from), this.end);
    this.from = Math.min(Math.max(0, from), this.end - span); this.to = this.from + span;
    this.draw();
  }
  zoom(factor, around = (this.from + this.to) / 2) {
    const span = Math.min(Math.max(1, (this.to - this.from) * factor), this.end), part = (around - this.from) / (this.to - this.from);
    this.set(around - span * part, around + span * (1 - part));
  }
  pan(part) { const shift = part * (this.to - this.from); this.set(this.from + shift, this.to + shift); }
  show(step) {
    this.step = step;
    const span = this.to - this.from;
    if (step < this.from || step >= this.to) this.set(step - span / 2, step + span / 2);
    else this.draw();
  }
  draw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => { this.isDue = false; if (this.element.isConnected) this.paint(); });
  }
  paint() {
    performance.mark("chart-begin");
    const {width} = this, ratio = devicePixelRatio || 1, span = this.to - this.from;
    const level = Tiles.level(span, width / 3), most = Tiles.level(this.end, 256);
    const stacks = this.tiles.covering("stacks", this.from, this.to, Math.min(level, most), most);
    const events = this.tiles.covering("events", this.from, this.to, Math.min(level, most), most);
    this.depth = Math.min(this.depthMost, Math.max(6, ...stacks.map(part => part.tile.depth)));
    const flame = Chart.top + this.depth * Chart.row, height = flame + 6 + lanes.length * Chart.lane;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio); this.canvas.height = Math.round(height * ratio);
      this.canvas.style.height = height + "px";
    }
    const context = this.canvas.getContext("2d", {alpha: false});
    if (!this.colors) {
      const style = getComputedStyle(document.documentElement), of = name => style.getPropertyValue(name).trim();
      this.colors = {back: of("--back"), text: of("--text"), dim: of("--dim"), line: of("--line"), soft: of("--soft"), changed: of("--changed"),
        calls: [..."abcdefgh"].map(letter => of("--f" + letter)), lanes: lanes.map(lane => of(lane[2]))};
    }
    const {colors} = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colors.back;
    context.fillRect(0, 0, width, height);
    this.ruler(context, width, height);
    this.visible = [];
    context.save();
    for (const {tile, from, to} of stacks) this.bars(context, tile, from, to);
    context.restore();
    this.labels(context);
    context.font = "12px system-ui, sans-serif";
    lanes.forEach(([kind, name], index) => {
      const y = flame + 6 + index * Chart.lane;
      context.fillStyle = colors.soft;
      context.fillRect(0, y, width, Chart.lane - 3);
      context.fillStyle = colors.lanes[index];
      if (kind === "snapshot") for (const at of this.snapshots) { const x = this.x(at); if (x >= 0 && x <= width) context.fillRect(x - 1, y, 3, Chart.lane - 3); }
      else for (const part of events) this.marks(context, part, kind, y);
      context.fillStyle = colors.back; context.globalAlpha = .8;
      context.fillRect(0, y, context.measureText(name).width + 8, Chart.lane - 3);
      context.globalAlpha = 1; context.fillStyle = colors.dim;
      context.fillText(name, 4, y + 10.5);
    });
    const here = this.x(this.step), wide = Math.max(2, this.x(this.step + 1) - here);
    context.fillStyle = colors.changed; context.globalAlpha = wide > 4 ? .25 : 1;
    context.fillRect(here, 0, wide, height);
    context.globalAlpha = 1;
    this.canvas.setAttribute("aria-label", `calls over steps ${number(Math.floor(this.from))} to ${number(Math.ceil(this.to))}; step ${number(this.step)} is shown`);
    performance.mark("chart-end");
    performance.measure("chart", "chart-begin", "chart-end");
    this.want(Math.min(level, most), most, stacks.every(part => part.isExact) && stacks.length > 0);
    if (this.onpaint) this.onpaint(stacks);
  }
  /* All of the trace first, then what is shown. */
  want(level, most) {
    const keys = [{kind: "stacks", level: most, index: 0}], span = this.tiles.span(level), tiles = [];
    for (let index = Math.floor(this.from / span); index * span < Math.min(this.to, this.end); index++) tiles.push(index);
    for (const index of tiles) keys.push({kind: "stacks", level, index});
    for (const index of tiles) keys.push({kind: "events", level, index});
    this.tiles.want(keys);
  }
  ruler(context, width, height) {
    const span = this.to - this.from, rough = span / Math.max(2, width / 130), power = 10 ** Math.floor(Math.log10(rough));
    const gap = Math.max(1, [1, 2, 5, 10].map(n => n * power).find(n => n >= rough));
    context.font = "12px system-ui, sans-serif";
    for (let at = Math.ceil(this.from / gap) * gap; at < this.to; at += gap) {
      const x = Math.round(this.x(at)) + .5;
      context.fillStyle = this.colors.line; context.fillRect(x, 0, 1, height);
      context.fillStyle = this.colors.dim; context.fillText(number(at), x + 4, 13);
    }
  }
  bars(context, tile, from, to) {
    const scale = this.width / (this.to - this.from), left = Math.max(from, this.from), right = Math.min(to, this.to);
    for (let color = 0; color < 8; color++) {
      context.fillStyle = this.colors.calls[color];
      for (const bar of tile.bars[color]) {
        if (bar.end <= left || bar.from >= right || bar.depth >= this.depthMost) continue;
        const x = (Math.max(bar.from, left) - this.from) * scale, wide = (Math.min(bar.end, right) - this.from) * scale - x;
        context.fillRect(x, Chart.top + bar.depth * Chart.row, Math.max(.4, wide - (wide > 3 ? 1 : 0)), Chart.row - 1);
        this.visible.push(x, wide, bar);
      }
    }
  }
  labels(context) {
    context.font = "12px ui-monospace, SFMono-Regular, Menlo, monospace";
    context.fillStyle = this.colors.text;
    const letter = 7.3;
    for (let i = 0; i < this.visible.length; i += 3) {
      const x = this.visible[i], wide = this.visible[i + 1], bar = this.visible[i + 2];
      if (wide < 40) continue;
      const room = Math.floor((wide - 8) / letter);
      context.fillText(bar.name.length > room ? bar.name.slice(0, room - 1) + "…" : bar.name, x + 4, Chart.top + bar.depth * Chart.row + 13);
    }
  }
  /* One by one if all of them are known, else how many there are. */
  marks(context, {tile, from, to}, kind, y) {
    const tall = Chart.lane - 3;
    if (tile.complete) {
      for (const event of tile.events) {
        if (event.kind !== kind || event.step < from || event.step >= to) continue;
        const x = this.x(event.step);
        context.fillRect(x, y, Math.max(1.5, this.x(event.step + 1) - x - 1), tall);
      }
      return;
    }
    const counts = tile.counts[kind];
    if (!counts) return;
    const width = Math.max(tile.steps / 256, 1), top = Math.max(...counts);
    counts.forEach((count, part) => {
      const start = tile.from + part * width;
      if (!count || start + width <= from || start >= to) return;
      const x = this.x(start), high = Math.max(2, tall * Math.log2(1 + count) / Math.log2(1 + top));
      context.fillRect(x, y + tall - high, Math.max(1, this.x(start + width) - x), high);
    });
  }
  hover(x, y) {
    let text = null;
    const depth = Math.floor((y - Chart.top) / Chart.row);
    if (depth >= 0 && depth < this.depth) {
      for (let i = 0; i < this.visible.length; i += 3) {
        const bar = this.visible[i + 2];
        if (bar.depth === depth && x >= this.visible[i] && x < this.visible[i] + Math.max(this.visible[i + 1], 2)) { text = `${bar.name}, ${short(Math.round(bar.end - bar.from))} steps from ${number(Math.round(bar.from))}`; break; }
      }
    }
    this.tip.hidden = !text;
    if (!text) return;
    this.tip.textContent = text;
    this.tip.style.left = Math.min(x + 12, this.width - 320) + "px"; this.tip.style.top = y + 18 + "px";
  }
}
