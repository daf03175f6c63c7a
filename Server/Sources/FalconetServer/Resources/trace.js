let chart = null;

/* The parts of an address: #/game/G/step/S/range/A-B/memory/0xN. Those that are not there follow from the others. */
function place() {
  const parts = location.hash.slice(2).split("/"), found = {kind: parts[0], game: parts[1]};
  for (let i = 2; i + 1 < parts.length; i += 2) found[parts[i]] = parts[i + 1];
  found.number = /^\d{1,15}$/.test(found.step) ? Number(found.step) : 0;
  const range = /^(\d{1,15})-(\d{1,15})$/.exec(found.range);
  found.ends = range && Number(range[1]) < Number(range[2]) ? [Number(range[1]), Number(range[2])] : null;
  if (!/^0x[0-9a-f]{1,16}$/i.test(found.memory)) delete found.memory;
  return found;
}
/* The address of a step, with the range of the chart. */
function link(game, step, extra = {}) {
  const {memory} = {...place(), ...extra}, parts = [`#/game/${game}/step/${Math.max(0, step)}`];
  if (chart && chart.game === game) parts.push(`range/${Math.floor(chart.from)}-${Math.ceil(chart.to)}`);
  if (memory) parts.push("memory/" + memory);
  return parts.join("/");
}
function go(game, step, extra) { location.hash = link(game, step, extra); }
/* The range is a part of the address too, but no step of the history of its own. */
function keepRange() {
  const {kind, game, number} = place();
  if (kind === "game" && chart) history.replaceState(null, "", link(game, number));
}
async function find(game, target, value, back) {
  say("searching…");
  const {number: step} = place();
  const path = `/v1/games/${game}/search?for=${target}&from=${step}${back ? "&back=1" : ""}${value ? "&value=" + encodeURIComponent(value) : ""}`;
  try {
    const reply = await answer(path);
    if (!reply.found) return say(target === "claim" ? "no known state has this claim" : back ? "nothing before this step" : "nothing after this step", true);
    go(game, reply.step);
    say("");
  } catch (error) { fail(error); }
}
function searchForm(game) {
  const list = make("datalist", {id: "functions"});
  const kind = make("select", {id: "for", "aria-label": "Search for"}, ...[["function", "function"], ["address", "address"], ["claim", "claim"], ["systemCall", "system call"],
    ["preimage", "pre-image or hint"], ["thread", "thread switch"], ["event", "any event"]].map(([value, text]) => make("option", {value}, text)));
  const field = make("input", {type: "text", class: "wide", id: "search", list: "functions", "aria-label": "What to search for", onfocus: () => {
    list.replaceChildren(...[...Tiles.of(game).functions.keys()].sort().map(value => make("option", {value})));
  }});
  const start = back => {
    let target = kind.value, value = field.value.trim();
    if (target === "function") {
      const known = Tiles.of(game).functions, name = known.has(value) ? value : [...known.keys()].find(name => name.includes(value));
      if (value && name) [target, value] = ["address", known.get(name)];
    }
    find(game, target, ["systemCall", "preimage", "thread", "event"].includes(target) ? "" : value, back);
  };
  return make("form", {onsubmit: event => { event.preventDefault(); start(false); }}, make("nav", {}, make("label", {for: "search"}, "Search"), kind, field, list,
    make("button", {type: "button", onclick: () => start(true)}, "◀ before"), make("button", {}, "after ▶")));
}
/* The chart of a game stays from step to step. */
function chartOf(game, end) {
  if (!chart || chart.game !== game || chart.end !== Math.max(1, end)) {
    chart = new Chart(game, end, step => go(game, Math.max(0, Math.min(step, end))), keepRange);
    chart.shares = make("section");
    chart.onpaint = stacks => {
      clearTimeout(chart.settled);
      const painted = chart;
      chart.settled = setTimeout(() => painted.shares.replaceChildren(make("h2", {}, "Functions in what the chart shows"),
        panels.shares(stacks, painted.from, painted.to, frame => find(game, "address", frame.entry, false))), 150);
    };
  }
  return chart;
}
const zoomButtons = () => make("nav", {}, ...[["all", "0", () => chart.set(0, chart.end)], ["zoom in", "+", () => chart.zoom(1 / 4, chart.step)],
  ["zoom out", "−", () => chart.zoom(4, chart.step)], ["◀", "A", () => chart.pan(-.25)], ["▶", "D", () => chart.pan(.25)],
  ["this step", "S", () => chart.set(chart.step - 20, chart.step + 20)]].map(([text, title, act]) =>
  make("button", {type: "button", title, "aria-label": `chart: ${text} (${title})`, onclick: () => { act(); keepRange(); }}, text)));

let layout = null;
async function showTrace(turn) {
  const {game: id, number: wanted, memory, ends} = place();
  // The step comes before the chart: both are questions of one game, which are answered one after the other.
  const asked = answer(`/v1/games/${id}/views/${wanted}` + (memory ? `?memory=${memory}` : ""));
  asked.catch(() => {});
  if (!layout || layout.game !== id || !layout.element.isConnected) {
    // Another game must not stand there if this one cannot be shown.
    layout = null;
    main.replaceChildren();
    let {json: game} = await get(`/v1/games/${id}`);
    say("…");
    // Only a run's host can serve what lies beyond the steps that runs have asked for.
    const isOfRuns = game.definition.preimages.from === "client" && game.lastIndex === undefined;
    if (isOfRuns) { await asked; ({json: game} = await get(`/v1/games/${id}`)); }
    const last = game.lastIndex ?? (isOfRuns ? game.reachedStep - 1 : (await answer(`/v1/games/${id}/last`)).index);
    if (turn !== shown) return;
    const drawn = chartOf(id, last + 1), detail = make("div");
    if (ends) drawn.set(...ends);
    layout = {game: id, label: game.definition.label, last, isOfRuns, detail, element: make("div", {},
      make("h2", {}, game.definition.label ? game.definition.label + " " : "Game ", make("code", {}, id)), zoomButtons(), drawn.element, searchForm(id), detail)};
    main.replaceChildren(layout.element);
    drawn.show(wanted);
    asked.then(() => answer(`/v1/games/${id}/snapshots`)).then(states => { drawn.snapshots = states.snapshots; drawn.draw(); }).catch(fail);
  } else if (ends && (Math.floor(chart.from) !== ends[0] || Math.ceil(chart.to) !== ends[1])) chart.set(...ends);
  chart.show(wanted);
  const view = await asked;
  if (turn !== shown) return;
  showStep(id, view, layout.last + 1);
  say("");
  const from = Math.max(0, view.step - 500), nearby = await answer(`/v1/games/${id}/events/${from}?steps=1000&limit=200`);
  if (turn !== shown) return;
  const box = document.getElementById("nearby");
  if (box) box.replaceChildren(make("h2", {}, "Events within 500 steps"), nearby.events.length
    ? panels.events(nearby.events, view.step, step => link(id, step)) : make("p", {class: "dim"}, "none"));
}
function showStep(id, view, end) {
  const {step} = view;
  chart.show(step);
  const field = make("input", {type: "text", id: "go", inputmode: "numeric", value: String(step), "aria-label": "Step"});
  const button = (text, to, title) => make("button", {type: "button", title, onclick: () => go(id, to), disabled: to < 0 || to > end || to === step ? "" : null}, text);
  const event = (text, kind, back, title) => make("button", {type: "button", title, onclick: () => find(id, kind, "", back)}, text);
  const proof = make("dd", {}, make("button", {type: "button", onclick: () => answer(`/v1/games/${id}/proofs/${step}`).then(json => proof.replaceChildren(
      json.pre ? `witness of ${size(json.stateData.length / 2 - 1)}, proof of ${size(json.proofData.length / 2 - 1)}` : "the program has exited: nothing to prove",
      json.preimage ? `, reads ${json.preimage.key} at ${json.preimage.offset}` : "", ", claim after it ", make("code", {}, json.post), " ",
      saving(`/v1/games/${id}/proofs/${step}`, `proof-${step}.json`, "Save")), fail)}, `Prove step ${number(step)}`));
  layout.detail.replaceChildren(
    make("form", {onsubmit: event => { event.preventDefault(); const text = field.value.replaceAll(/[, ]/g, ""); if (/^\d{1,15}$/.test(text)) go(id, Number(text)); else say("a step is a whole number", true); }},
      make("nav", {}, button("« first", 0, "Home"), button("− 1,000", step - 1000, "Shift ←"), button("◀ step", step - 1, "←"), field, make("button", {}, "Go"),
        button("step ▶", step + 1, "→"), button("+ 1,000", step + 1000, "Shift →"), button("last »", end, "End"),
        event("◀ event", "event", true, "P"), event("event ▶", "event", false, "N"),
        saving(`/v1/games/${id}/states/${step}`, `state-${step}.fsnap`, "Save state"),
        saving(`/v1/games/${id}/profiles/${Math.floor(chart.from)}?steps=${Math.ceil(chart.to - chart.from)}`, "profile.svg", "Save flame graph of the range"))),
    make("dl", {}, make("dt", {}, "step"), make("dd", {}, `${number(step)} of ${number(end)}`, layout.isOfRuns ? " that runs have asked for so far" : "", view.exitCode === undefined ? "" : `, exited with code ${view.exitCode}`),
      make("dt", {}, "claim"), make("dd", {class: "mono"}, view.claim), make("dt", {}, "proof"), proof),
    make("div", {class: "columns"}, panels.registers(view), make("div", {}, panels.source(view), panels.code(view)),
      panels.calls(view, call => find(id, "address", call.entry, false)), panels.memory(view, address => go(id, step, {memory: address})),
      make("section", {id: "nearby"}), panels.threads(view), chart.shares));
}
