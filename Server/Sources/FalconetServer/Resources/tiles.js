/* What is known of a trace's time line, in tiles: at level L a tile has 256 samples, 2^L steps apart. */
class Tiles {
  static all = new Map();
  static of(game) {
    if (!Tiles.all.has(game)) Tiles.all.set(game, new Tiles(game));
    return Tiles.all.get(game);
  }
  constructor(game) {
    this.game = game; this.stacks = new Map(); this.events = new Map(); this.wanted = []; this.isLoading = false;
    this.functions = new Map(); this.onload = () => {}; this.failed = new Set();
  }
  static level(steps, samples) { return Math.max(0, Math.ceil(Math.log2(Math.max(1, steps / samples)))); }
  span(level) { return 256 * 2 ** level; }
  /* Asks for tiles, the first ones first; what was asked for before and is not wanted any more is dropped. */
  want(keys) {
    this.wanted = keys.filter(key => !this[key.kind].has(key.level + "/" + key.index) && !this.failed.has(key.kind + key.level + "/" + key.index));
    if (!this.isLoading) this.load();
  }
  async load() {
    this.isLoading = true;
    while (this.wanted.length) {
      const {kind, level, index} = this.wanted.shift(), span = this.span(level);
      try {
        const path = `/v1/games/${this.game}/${kind}/${index * span}?steps=${span}` + (kind === "stacks" ? "&samples=256" : "&limit=500");
        this[kind].set(level + "/" + index, kind === "stacks" ? this.prepare(await answer(path), span) : await answer(path));
        if (kind === "events") say("");
      } catch (error) { this.failed.add(kind + level + "/" + index); fail(error); }
      this.onload();
    }
    this.isLoading = false;
  }
  /* Neighboring samples with the same call become one bar: [first step, end, depth], by color. */
  prepare(reply, span) {
    const width = span / 256, bars = Array.from({length: 8}, () => []), threads = [];
    for (const frame of reply.frames) this.functions.set(frame.name, frame.entry);
    const open = [];
    const close = (depth, end) => {
      for (const bar of open.splice(depth)) bars[bar.color].push({from: bar.from, end, depth: bar.depth, name: bar.name, entry: bar.entry});
    };
    let depthMost = 0, last = null;
    for (const {step, stack, thread} of reply.samples) {
      let same = 0;
      if (last && thread === last.thread) while (same < stack.length && same < last.stack.length && stack[same] === last.stack[same]) same++;
      close(same, step);
      for (let depth = same; depth < stack.length; depth++) {
        const frame = reply.frames[stack[depth]];
        open.push({from: step, depth, name: frame.name, entry: frame.entry, color: Tiles.color(frame.name)});
      }
      if (!last || last.thread !== thread) threads.push({from: step, thread});
      depthMost = Math.max(depthMost, stack.length);
      last = {stack, thread};
    }
    const end = reply.samples.length ? reply.samples[reply.samples.length - 1].step + width : 0;
    close(0, end);
    return {bars, threads, end, depth: depthMost, samples: reply.samples, frames: reply.frames, width};
  }
  /* Functions of a package have one color. */
  static color(name) {
    let hash = 7;
    for (const letter of name.replace(/[.:][^.:/]*$/, "")) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
    return (hash ^ hash >>> 7) & 7;
  }
  /* The tiles that show a range, each with the part of it: coarser ones stand in for those that are not there yet. */
  covering(kind, from, to, level, most) {
    const found = [], span = this.span(level);
    for (let index = Math.floor(from / span); index * span < to; index++) {
      for (let up = level; up <= most; up++) {
        const tile = this[kind].get(up + "/" + Math.floor(index / 2 ** (up - level)));
        if (tile) { found.push({tile, from: Math.max(from, index * span), to: Math.min(to, (index + 1) * span), isExact: up === level}); break; }
      }
    }
    return found;
  }
}
