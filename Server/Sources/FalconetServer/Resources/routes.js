async function run(body) {
  clearTimeout(timer);
  const turn = ++shown;
  try { await body(turn); } catch (error) {
    if (turn !== shown) return;
    fail(error);
    if (body === showGames) timer = setTimeout(() => run(showGames), 3000);
  }
}
const game = "[0-9a-f]{32}";
function route() {
  document.getElementById("keys").hidden = !location.hash.startsWith("#/game/");
  if (new RegExp(`^#/game/${game}(/|$)`).test(location.hash)) run(showTrace);
  else if (new RegExp(`^#/compare/${game}/${game}(/|$)`).test(location.hash)) run(showCompare);
  else run(showGames);
}
addEventListener("hashchange", route);
addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || ["INPUT", "SELECT"].includes(event.target.tagName)) return;
  const {kind, game: id, number: step} = place(), far = event.shiftKey ? 1000 : 1;
  const zoom = act => () => { act(); keepRange(); };
  const acts = kind === "game" && chart && layout ? {ArrowLeft: () => step > 0 && go(id, step - far), ArrowRight: () => step < chart.end && go(id, Math.min(chart.end, step + far)),
    Home: () => go(id, 0), End: () => go(id, chart.end), g: () => document.getElementById("go").select(), "/": () => document.getElementById("search").focus(),
    "+": zoom(() => chart.zoom(1 / 4, chart.step)), "-": zoom(() => chart.zoom(4, chart.step)), a: zoom(() => chart.pan(-.25)), d: zoom(() => chart.pan(.25)),
    "0": zoom(() => chart.set(0, chart.end)), s: zoom(() => chart.set(chart.step - 20, chart.step + 20)),
    n: () => find(id, "event", "", false), p: () => find(id, "event", "", true)}
    : kind === "compare" && pair ? {ArrowLeft: () => pair.move(pair.charts[0].step - far), ArrowRight: () => pair.move(pair.charts[0].step + far)} : {};
  const act = acts[event.key] || acts[event.key.toLowerCase()];
  if (act) { event.preventDefault(); act(); }
});
route();
