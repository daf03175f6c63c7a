/* Where two traces of one program may begin to differ: a state depends on the one before and on the pre-images that are
   read, so that each read is compared, as far as there are few enough, and 256 steps in between. A difference that is
   gone again before the next of them is not seen. */
async function candidates(game, last) {
  const {events} = await answer(`/v1/games/${game}/events/0?steps=${last + 1}&limit=10000&kind=preimage`);
  const gap = Math.ceil(events.length / 2000) || 1, reads = events.filter((_, i) => i % gap === 0).map(event => event.step);
  const spread = Array.from({length: 256}, (_, i) => Math.floor(last * i / 255));
  return [...new Set([...reads, ...spread])].sort((a, b) => a - b);
}
/* The first index at which the claims of two games differ; null if there is none. Rounds after the first ask both for 15. */
async function difference(first, second, ends, turn) {
  const claims = async (game, indices) => (await answer(`/v1/games/${game}/claims`, {indices})).answers.map(one => one.claim);
  const last = Math.max(...ends);
  let low = -1, high = null, indices = await candidates(first, last);
  for (;;) {
    // Who has gone elsewhere is not told of it.
    if (turn !== shown) return null;
    say(high === null ? `comparing ${number(indices.length)} steps` : `comparing: the difference lies in steps ${number(low + 1)} to ${number(high)}`);
    const [one, other] = await Promise.all([claims(first, indices), claims(second, indices)]);
    const differs = indices.findIndex((_, i) => one[i] !== other[i]);
    if (differs >= 0) high = indices[differs];
    else if (high === null) return null;
    const same = differs < 0 ? indices.length - 1 : differs - 1;
    if (same >= 0) low = indices[same];
    if (high - low <= 1) return high;
    indices = [...new Set(Array.from({length: 15}, (_, i) => low + Math.max(1, Math.floor((high - low) * (i + 1) / 16))))].filter(index => index > low && index < high);
  }
}
let pair = null;
async function showCompare(turn) {
  const [, first, second, , text] = location.hash.slice(2).split("/");
  say("…");
  const key = first + second;
  if (!pair || pair.key !== key || !pair.element.isConnected) {
    pair = null;
    main.replaceChildren();
    const games = await Promise.all([first, second].map(async id => (await get(`/v1/games/${id}`)).json));
    const ends = await Promise.all(games.map(async game => game.lastIndex ?? (await answer(`/v1/games/${game.game}/last`)).index));
    // Index −1 is the prestate.
    const at = games[0].definition.prestate !== games[1].definition.prestate ? -1 : await difference(first, second, ends, turn);
    if (turn !== shown) return;
    const move = step => { location.hash = `#/compare/${first}/${second}/step/${Math.max(0, step)}`; };
    const end = Math.max(...ends) + 1, charts = [first, second].map(id => new Chart(id, end, move, () => {}));
    for (const [i, one] of charts.entries()) {
      one.onrange = () => charts[1 - i].set(one.from, one.to);
      one.depthMost = 10; // Both, and what differs, fit on one screen.
      if (at !== null) one.set(at - end / 64, at + end / 64);
    }
    pair = {key, at, end, charts, move, detail: make("div"), element: null};
    pair.element = make("div", {}, make("h2", {}, "Two traces, ", at === null ? "which do not differ" : `which differ from step ${number(at + 1)} on`),
      ...games.map((game, i) => make("div", {}, make("div", {}, make("a", {href: `#/game/${game.game}`}, game.definition.label || game.game)), charts[i].element)), pair.detail);
    main.replaceChildren(pair.element);
  }
  const step = /^\d{1,15}$/.test(text) ? Number(text) : pair.at === null ? 0 : pair.at + 1, {at, end, move} = pair;
  for (const one of pair.charts) one.show(step);
  const views = await Promise.all([first, second].map(id => answer(`/v1/games/${id}/views/${step}`)));
  if (turn !== shown) return;
  const button = (text, to, title) => make("button", {type: "button", title, onclick: () => move(to), disabled: to < 0 || to > end || to === step ? "" : null}, text);
  pair.detail.replaceChildren(make("nav", {}, button("◀ step", step - 1, "←"), make("span", {}, `step ${number(step)}`), button("step ▶", step + 1, "→"),
      at === null ? null : button("last equal", at, ""), at === null ? null : button("first difference", at + 1, "")),
    make("div", {class: "pair"}, ...views.map((view, i) => {
      const other = views[1 - i];
      return make("div", {}, make("dl", {}, make("dt", {}, "claim"), make("dd", {class: "mono " + (view.claim === other.claim ? "" : "changed")}, view.claim),
          make("dt", {}, "calls"), make("dd", {class: "mono"}, view.calls.slice(0, 3).map(call => call.name).join(" ← "))),
        panels.registers(view, other.threads[0]), panels.code(view), panels.memory(view));
    })));
  say("");
}
