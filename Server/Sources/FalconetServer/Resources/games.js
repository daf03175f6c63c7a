const speeds = new Map();
let picked = [];

function sparkline(values) {
  const top = Math.max(...values, 1), points = values.map((value, i) => `${i * 2},${19 - 18 * value / top}`).join(" ");
  return make("svg", {width: 120, height: 20, role: "img", "aria-label": "steps per second over the last minute"},
    make("polyline", {points, fill: "none", stroke: "var(--bar)", "stroke-width": 1.5}));
}
async function showGames(turn) {
  const {json} = await get("/v1/games");
  if (turn !== shown) return;
  picked = picked.filter(id => json.games.some(game => game.game === id));
  const rows = json.games.map(game => {
    const list = speeds.get(game.game) || [];
    list.push(game.stepsPerSecond); while (list.length > 60) list.shift();
    speeds.set(game.game, list);
    const {label, preimages} = game.definition, name = label || game.game.slice(0, 12);
    const source = {none: "no pre-images", directory: preimages.path, host: `host ${preimages.host}`, client: preimages.identity}[preimages.from];
    const box = make("input", {type: "checkbox", "data-key": "box " + game.game, "aria-label": `compare ${name}`, checked: picked.includes(game.game) ? "" : null,
      onchange: event => { picked = picked.filter(id => id !== game.game); if (event.target.checked) picked.push(game.game); run(showGames); }});
    return make("tr", {}, make("td", {}, box),
      make("td", {class: "mono"}, make("a", {href: `#/game/${game.game}`, "data-key": "game " + game.game, title: source}, name), label ? make("span", {class: "dim"}, " " + game.game.slice(0, 6)) : ""),
      make("td", {}, game.status, game.queue.length > 1 ? ` (${game.queue.length})` : ""),
      make("td", {class: "n" + (game.deadlineSeconds < 1800 ? " changed" : "")}, game.deadlineSeconds === undefined ? "" : time(game.deadlineSeconds)),
      make("td", {class: "n"}, number(game.step)), make("td", {class: "n"}, game.stepsPerSecond ? short(game.stepsPerSecond) : ""),
      make("td", {}, sparkline(list)), make("td", {class: "n"}, number(game.lastIndex)),
      make("td", {class: "n"}, number(game.questions)),
      make("td", {class: "n"}, game.questions ? number(Math.min(100, 100 * game.knownAnswers / game.questions)) + " %" : ""),
      make("td", {class: "n"}, number(game.executedSteps)), make("td", {class: "n"}, number(game.hostWaitSeconds) + " s"),
      make("td", {class: "n"}, number(game.failedQuestions)), make("td", {class: "n"}, size(game.bytes)));
  });
  const heads = [["Compare"], ["Game", 0, "a prestate with a source of pre-images"], ["State", 0, "in parentheses: questions in hand, if more than one"],
    ["Time left", 1, "until the game's deadline, or the earliest of its questions; without one, nothing"], ["Step", 1, "that is being executed"],
    ["Steps/s", 1], ["Last minute", 0, "steps per second in the last minute"], ["Last step", 1, "the index of the last step of the trace, once it is known"], ["Questions", 1],
    ["Known", 1, "the share of questions that were answered without executing anything"], ["Executed", 1, "steps that were executed, whatever was asked"],
    ["Waits", 1, "time that questions waited for pre-images of a run's host"], ["Failed", 1, "questions that failed: the log says why"], ["Disk", 1]];
  // The table is made anew each second: who uses the keyboard stays at the same place in it, and it stays scrolled.
  const focused = main.contains(document.activeElement) && document.activeElement.getAttribute("data-key");
  const scrolled = main.querySelector(".scroll")?.scrollLeft;
  main.replaceChildren(make("h2", {}, `Games (${json.games.length}) `, make("span", {class: "dim"}, "updated " + new Date().toLocaleTimeString())),
    make("nav", {}, make("button", {type: "button", "data-key": "compare", disabled: picked.length === 2 ? null : "",
      onclick: () => { location.hash = `#/compare/${picked[0]}/${picked[1]}`; }}, "Compare the two that are marked")),
    make("div", {class: "scroll"}, make("table", {},
      make("thead", {}, make("tr", {}, ...heads.map(([text, n, title]) => make("th", {class: n ? "n" : null, scope: "col", title}, text)))),
      make("tbody", {}, ...rows))), json.games.length ? "" : make("p", {class: "dim"}, "No game yet. 'falconet run --server " + location.host + " …' opens one with its first question; so does POST /v1/games."));
  if (focused) [...main.querySelectorAll("[data-key]")].find(one => one.getAttribute("data-key") === focused)?.focus({preventScroll: true});
  if (scrolled) main.querySelector(".scroll").scrollLeft = scrolled;
  // Not the time: programs that read the page aloud say each change of this line.
  say("");
  timer = setTimeout(() => run(showGames), 1000);
}
